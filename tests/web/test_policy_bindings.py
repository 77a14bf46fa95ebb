"""历史保单绑定 through the pages of both sides."""

from __future__ import annotations

import pytest
from django.urls import reverse

from huzhu.cover.models import Cover, PolicyBinding
from tests.factories.accounts import StaffPostFactory
from tests.factories.cover import past_policy
from tests.factories.employers import MembershipFactory
from tests.factories.roster import RosterEntryFactory, resident_number
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    for serial in (1, 2, 3):
        RosterEntryFactory(employer=membership.employer, document__number=resident_number(serial))
    return membership


def test_a_proposed_policy_of_the_own_code_is_bound_with_one_click(client, owner):
    past_policy(credit_code=owner.employer.credit_code)
    page = client.get(reverse("employer:policy-bindings")).content.decode()
    assert "信用代码一致" in page
    answer = client.post(reverse("employer:policy-bindings"), {"number": "ZY2025000001"}, follow=True)
    assert "已绑定" in answer.content.decode()
    assert Cover.objects.count() == 3


def test_another_code_goes_over_the_registrars_desk(client, owner):
    past_policy()
    client.post(reverse("employer:policy-bindings"), {"number": "ZY2025000001", "note": "更名前投保"})
    binding = PolicyBinding.objects.get()
    client.force_login(StaffPostFactory(branch=owner.employer.branch).user)
    assert owner.employer.name in client.get(reverse("office:bindings")).content.decode()
    page = client.get(reverse("office:binding", args=[binding.pk])).content.decode()
    assert "其中 3 人在该单位名册（75%）" in page
    assert client.post(reverse("office:binding-reject", args=[binding.pk]), {"reason": ""}).status_code == 422
    client.post(reverse("office:binding-confirm", args=[binding.pk]))
    binding.refresh_from_db()
    assert binding.state == "confirmed"


def test_a_number_that_does_not_fit_stays_in_its_field(client, owner):
    answer = client.post(reverse("employer:policy-bindings"), {"number": "ZY000", "note": "旧单位"})
    assert answer.status_code == 422
    assert 'value="ZY000"' in answer.content.decode()


def test_withdrawing_and_refusing(client, owner):
    past_policy()
    address = reverse("employer:policy-bindings")
    client.post(address, {"number": "ZY2025000001"})
    client.post(reverse("employer:binding-withdraw", args=[PolicyBinding.objects.get().pk]))
    client.post(address, {"number": "ZY2025000001"})
    second = PolicyBinding.objects.latest("pk")
    client.force_login(StaffPostFactory(branch=owner.employer.branch).user)
    client.post(reverse("office:binding-reject", args=[second.pk]), {"reason": "属于其他单位"})
    assert set(PolicyBinding.objects.values_list("state", flat=True)) == {"withdrawn", "rejected"}


def test_bindings_of_others_are_not_found(client, owner):
    past_policy()
    client.post(reverse("employer:policy-bindings"), {"number": "ZY2025000001"})
    binding = PolicyBinding.objects.get()
    client.force_login(MembershipFactory().user)
    assert client.post(reverse("employer:binding-withdraw", args=[binding.pk])).status_code == 404
    client.force_login(StaffPostFactory().user)
    assert client.get(reverse("office:binding", args=[binding.pk])).status_code == 404
    for act in ("confirm", "reject"):
        assert client.post(reverse(f"office:binding-{act}", args=[binding.pk]), {"reason": "x"}).status_code == 404


def test_the_page_takes_the_same_number_of_queries_for_few_and_many(client, owner):
    past_policy(number="A")
    few = count_queries(lambda: client.get(reverse("employer:policy-bindings")))
    for number in range(8):
        past_policy(number=f"B{number}")
    assert count_queries(lambda: client.get(reverse("employer:policy-bindings"))) == few
