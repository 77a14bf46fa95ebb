"""单位划转 through the pages: asked for by one branch, received by the other, told to the employer."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import BranchTransfer, Employer
from huzhu.employers.operations import versions
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory
from tests.factories.employers import (
    BranchTransferFactory,
    EmployerFactory,
    MembershipFactory,
    RegistrationFactory,
)
from tests.factories.flows import move
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def cities():
    province = BranchFactory()
    return [BranchFactory(parent=province, level="city") for _ in range(2)]


@pytest.fixture
def employer(cities):
    return EmployerFactory(branch=cities[0])


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def registrar(branch) -> Client:
    return signed_in(StaffPostFactory(branch=branch, registrar=True))


def test_one_branch_asks_the_other_receives_and_the_employer_reads_it(cities, employer):
    versions.begin_version(employer, at=NOON)
    old, new = (registrar(city) for city in cities)
    given = {"employer": employer.credit_code, "to_branch": cities[1].pk, "reason": "单位迁址"}
    assert old.post(reverse("office:transfer-new"), given).status_code == 302
    transfer = BranchTransfer.objects.get()
    own = signed_in(MembershipFactory(employer=employer))
    assert f"正在办理划转到{cities[1].name}" in own.get(reverse("employer:profile")).content.decode()
    assert employer.name in new.get(reverse("office:transfers")).content.decode()
    page = new.get(reverse("office:transfer", args=[transfer.pk])).content.decode()
    assert reverse("office:transfer-accept", args=[transfer.pk]) in page
    assert reverse("office:transfer-withdraw", args=[transfer.pk]) not in page
    new.post(reverse("office:transfer-accept", args=[transfer.pk]))
    assert Employer.objects.get().branch == cities[1]
    profile = own.get(reverse("employer:profile")).content.decode()
    assert "所属代办处" in profile
    assert f"{cities[0].name}</span> → {cities[1].name}" in profile


def test_an_employer_beyond_the_own_subtree_is_not_found_and_nothing_typed_is_lost(cities, employer):
    given = {"employer": employer.credit_code, "to_branch": cities[0].pk, "reason": "单位迁址到本区"}
    answer = registrar(cities[1]).post(reverse("office:transfer-new"), given)
    assert answer.status_code == 422
    assert "您的辖区内没有这家参保单位" in answer.content.decode()
    assert "单位迁址到本区" in answer.content.decode()
    assert not BranchTransfer.objects.exists()


def test_many_are_asked_for_in_one_act_and_each_row_gets_its_result(cities, employer):
    given = {"employers": f"{employer.credit_code}\n没有这家单位", "to_branch": cities[1].pk, "reason": "机构合并"}
    page = registrar(cities[0]).post(reverse("office:transfer-new-many"), given)
    assert page.status_code == 200
    assert BranchTransfer.objects.get().employer_id == employer.pk
    assert "没有这家单位" in page.content.decode()


def test_the_form_knows_from_whose_record_one_comes(cities, employer):
    address = reverse("office:transfer-new") + f"?employer={employer.pk}"
    assert employer.credit_code in registrar(cities[0]).get(address).content.decode()
    assert employer.credit_code not in registrar(cities[1]).get(address).content.decode()
    for odd in ("x", "²", "9" * 30):
        assert registrar(cities[0]).get(reverse("office:transfer-new"), {"employer": odd}).status_code == 200


def test_the_record_of_an_employer_leads_to_its_transfer(cities, employer):
    registration = RegistrationFactory(branch=cities[0])
    registration.employer, registration.decided_at, registration.decided_by_person = employer, NOON, "13900000001"
    move(registration, "approved", at=NOON)
    client, address = registrar(cities[0]), reverse("office:registration", args=[registration.pk])
    assert f"{reverse('office:transfer-new')}?employer={employer.pk}" in client.get(address).content.decode()
    transfer = BranchTransferFactory(employer=employer, to_branch=cities[1])
    assert reverse("office:transfer", args=[transfer.pk]) in client.get(address).content.decode()


@pytest.mark.parametrize("act", ["refuse", "withdraw"])
def test_it_is_refused_or_taken_back(cities, employer, act):
    transfer = BranchTransferFactory(employer=employer, to_branch=cities[1])
    client = registrar(cities[1] if act == "refuse" else cities[0])
    address = reverse(f"office:transfer-{act}", args=[transfer.pk])
    if act == "refuse":
        assert "请写明不予接收的原因" in client.post(address, follow=True).content.decode()
    client.post(address, {"reason": "单位仍在原址"})
    transfer.refresh_from_db()
    assert transfer.state == ("refused" if act == "refuse" else "withdrawn")
    assert AuditEvent.objects.latest("id").event == f"branch_transfer.{act}"


def test_a_branch_beside_both_finds_nothing(cities, employer):
    transfer = BranchTransferFactory(employer=employer, to_branch=cities[1])
    beside = registrar(BranchFactory(parent=cities[0].parent, level="city"))
    assert beside.get(reverse("office:transfer", args=[transfer.pk])).status_code == 404
    for act in ("accept", "refuse", "withdraw"):
        assert beside.post(reverse(f"office:transfer-{act}", args=[transfer.pk])).status_code == 404


def test_the_page_of_a_branch_lists_what_left_and_reached_it(cities, employer):
    transfer = BranchTransferFactory(employer=employer, to_branch=cities[1])
    for city, words in ((cities[0], f"划出到{cities[1].name}"), (cities[1], f"由{cities[0].name}划入")):
        for role, links in (("auditor", True), ("system_admin", False)):
            client = signed_in(StaffPostFactory(branch=city, roles=[role]))
            page = client.get(reverse("office:branch", args=[city.pk])).content.decode()
            assert words in page
            assert (reverse("office:transfer", args=[transfer.pk]) in page) is links


def test_twenty_transfers_take_no_more_queries_than_one(cities):
    client = registrar(cities[0])

    def count(number: int) -> int:
        for _ in range(number):
            BranchTransferFactory(employer__branch=cities[0], to_branch=cities[1])
        return count_queries(lambda: client.get(reverse("office:transfers")))

    assert count(1) == count(19)
