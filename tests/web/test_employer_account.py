"""单位信息管理: facts, members, group links, through the pages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from huzhu.employers.models import GroupLink, Membership
from tests.factories.employers import EmployerFactory, GroupLinkFactory, JoinRequestFactory, MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    return membership


def test_the_facts_hide_telephone_numbers(client, owner):
    page = client.get(reverse("employer:profile")).content.decode()
    assert owner.employer.name in page
    assert owner.employer.handler_mobile not in page


class TestMembers:
    def test_lets_somebody_in_with_the_ticked_roles(self, client, owner):
        asked = JoinRequestFactory(employer=owner.employer)
        assert asked.name in client.get(reverse("employer:members")).content.decode()
        address = reverse("employer:join-request-decide", args=[asked.pk])
        client.post(address, {f"join-{asked.pk}-roles": ["handler", "finance"]})
        assert Membership.objects.get(user__mobile=asked.mobile).roles == ["handler", "finance"]

    def test_a_refusal_without_a_reason_is_asked_for_one(self, client, owner):
        asked = JoinRequestFactory(employer=owner.employer)
        address = reverse("employer:join-request-decide", args=[asked.pk])
        assert "原因" in client.post(address, {"refuse": "1"}, follow=True).content.decode()
        client.post(address, {"refuse": "1", "reason": "非本单位人员"})
        asked.refresh_from_db()
        assert asked.state == "refused"

    def test_requests_to_others_are_not_found(self, client, owner):
        asked = JoinRequestFactory()
        address = reverse("employer:join-request-decide", args=[asked.pk])
        assert client.post(address, {f"join-{asked.pk}-roles": ["owner"]}).status_code == 404

    def test_roles_of_a_member_change_and_end(self, client, owner):
        member = MembershipFactory(employer=owner.employer, handler=True)
        address = reverse("employer:member", args=[member.pk])
        assert client.get(address).status_code == 200
        client.post(address, {"roles": ["viewer"]})
        member.refresh_from_db()
        assert member.roles == ["viewer"]
        client.post(address, {"end": "1"})
        member.refresh_from_db()
        assert member.ended_at
        assert client.get(reverse("employer:member", args=[MembershipFactory().pk])).status_code == 404

    def test_only_owners_open_it(self, client):
        client.force_login(MembershipFactory(handler=True).user)
        assert client.get(reverse("employer:members")).status_code == 404

    def test_the_list_takes_the_same_number_of_queries_for_one_and_for_twenty(self, client, owner):
        few = count_queries(lambda: client.get(reverse("employer:members")))
        MembershipFactory.create_batch(20, employer=owner.employer)
        JoinRequestFactory.create_batch(5, employer=owner.employer)
        assert count_queries(lambda: client.get(reverse("employer:members"))) == few


class TestGroupLinks:
    def test_asks_by_credit_code_and_the_other_side_confirms(self, client, owner):
        other = MembershipFactory()
        answer = client.post(
            reverse("employer:group-links"),
            {"credit_code": other.employer.credit_code, "direction": "down"},
            follow=True,
        )
        assert other.employer.name in answer.content.decode()
        client.force_login(other.user)
        link = GroupLink.objects.get()
        client.post(reverse("employer:group-link-confirm", args=[link.pk]))
        link.refresh_from_db()
        assert (link.head, link.state) == (owner.employer, "confirmed")

    def test_a_refusal_keeps_what_was_typed(self, client, owner):
        answer = client.post(reverse("employer:group-links"), {"credit_code": "9144x", "direction": "up"})
        assert answer.status_code == 422
        assert 'value="9144x"' in answer.content.decode()

    def test_links_between_others_are_not_found(self, client, owner):
        link = GroupLinkFactory()
        for act in ("confirm", "refuse", "end"):
            assert client.post(reverse(f"employer:group-link-{act}", args=[link.pk])).status_code == 404

    def test_the_list_takes_the_same_number_of_queries_for_two_and_for_twenty(self, client, owner):
        GroupLinkFactory(head=owner.employer)
        few = count_queries(lambda: client.get(reverse("employer:group-links")))
        for employer in EmployerFactory.create_batch(20):
            GroupLinkFactory(head=owner.employer, subsidiary=employer)
        assert count_queries(lambda: client.get(reverse("employer:group-links"))) == few
