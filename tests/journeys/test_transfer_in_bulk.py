"""Several employers go to one branch in one act: the single transfer's rules for each, a result per row, rows apart."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import BranchTransfer, Employer
from huzhu.employers.permissions import NotPermitted
from huzhu.journeys import transfer_employer, transfer_in_bulk
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import BranchTransferFactory, EmployerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return BranchFactory()


@pytest.fixture
def cities(province):
    return [BranchFactory(parent=province, level="city") for _ in range(2)]


@pytest.fixture
def three(cities):
    return [EmployerFactory(branch=cities[0]) for _ in range(3)]


def transfer(named, *, to, by):
    return transfer_in_bulk.request_in_bulk(
        named=named, to_branch_id=to.pk, reason="机构合并", by=office_actor(by), at=NOON
    )


def branches() -> list:
    return [employer.branch for employer in Employer.objects.order_by("pk")]


def test_who_has_both_branches_moves_all_at_once(province, cities, three):
    by = StaffPostFactory(branch=province, registrar=True)
    outcomes = transfer([three[0].credit_code, three[1].name, three[2].credit_code.lower()], to=cities[1], by=by)
    assert [(each.employer, each.transfer.state, each.reason) for each in outcomes] == [
        (employer, "accepted", "") for employer in three
    ]
    assert branches() == [cities[1]] * 3
    assert AuditEvent.objects.filter(event="employers.transfer").count() == 3


def test_across_the_own_subtree_each_waits_for_the_receiving_side(cities, three):
    by = StaffPostFactory(branch=cities[0], registrar=True)
    outcomes = transfer([employer.credit_code for employer in three], to=cities[1], by=by)
    assert {each.transfer.state for each in outcomes} == {"requested"}
    assert branches() == [cities[0]] * 3
    with pytest.raises(NotPermitted):  # two persons, as with one
        transfer_employer.accept(transfer_id=outcomes[0].transfer.pk, by=office_actor(by), at=NOON)
    other = StaffPostFactory(branch=cities[1], registrar=True)
    transfer_employer.accept(transfer_id=outcomes[0].transfer.pk, by=office_actor(other), at=NOON)
    assert branches().count(cities[1]) == 1


def test_each_row_tells_its_own_reason_and_stops_no_other(province, cities, three):
    waiting, there = three[0], EmployerFactory(branch=cities[1])
    BranchTransferFactory(employer=waiting, to_branch=cities[1])
    by = StaffPostFactory(branch=province, registrar=True)
    named = [waiting.credit_code, "没有的单位", there.credit_code, three[1].credit_code, three[2].credit_code]
    waits, unknown, same, *done = transfer(named, to=cities[1], by=by)
    assert "等待" in waits.reason
    assert unknown.reason == transfer_in_bulk.UNKNOWN
    assert "已归属" in same.reason
    assert [each.transfer.state for each in done] == ["accepted", "accepted"]


def test_an_employer_of_another_subtree_is_as_unknown_as_one_that_is_not_there(cities, three):
    outcomes = transfer([three[0].name], to=cities[1], by=StaffPostFactory(branch=cities[1], registrar=True))
    assert [(each.employer, each.reason) for each in outcomes] == [(None, transfer_in_bulk.UNKNOWN)]


def test_without_the_role_nothing_moves(province, cities, three):
    outcomes = transfer([three[0].name], to=cities[1], by=StaffPostFactory(branch=province, auditor=True))
    assert outcomes[0].reason
    assert not BranchTransfer.objects.exists()


def test_named_twice_counts_once(province, cities, three):
    by = StaffPostFactory(branch=province, registrar=True)
    named = [three[0].credit_code, three[0].name, three[0].credit_code]
    assert len(transfer(named, to=cities[1], by=by)) == 1


def test_a_row_that_breaks_leaves_the_others_their_result(province, cities, three, monkeypatch):
    real = transfer_employer.request

    def breaks(**given):
        if given["employer_id"] == three[1].pk:
            raise ZeroDivisionError
        return real(**given)

    monkeypatch.setattr(transfer_employer, "request", breaks)
    by = StaffPostFactory(branch=province, registrar=True)
    outcomes = transfer([employer.credit_code for employer in three], to=cities[1], by=by)
    assert [bool(each.transfer) for each in outcomes] == [True, False, True]
    assert "系统出错" in outcomes[1].reason


def test_a_hundred_and_one_are_refused_before_any(province, cities, three):
    named = [three[0].credit_code, *map(str, range(100))]
    with pytest.raises(transfer_in_bulk.TooMany):
        transfer(named, to=cities[1], by=StaffPostFactory(branch=province, registrar=True))
    assert not BranchTransfer.objects.exists()


class TestPages:
    @pytest.fixture
    def client(self, province):
        client = Client()
        user = StaffPostFactory(branch=province, registrar=True).user
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_a_branch_is_brought_into_the_form_and_goes_in_one_act(self, client, cities, three):
        url = reverse("office:transfer-new-many")
        shown = client.get(url, {"branch": cities[0].pk}).context["form"].initial["employers"]
        assert shown.splitlines() == [f"{each.credit_code}\t{each.name}" for each in three]
        given = {"employers": f"{shown}\n没有的单位", "to_branch": cities[1].pk, "reason": "机构合并"}
        answer = client.post(url, given)
        page = answer.content.decode()
        assert (answer.context["done"], answer.context["refused"]) == (3, 1)
        assert all(each.name in page for each in three)
        assert answer.context["form"].initial == {**given, "employers": "没有的单位"}
        assert branches() == [cities[1]] * 3

    def test_what_is_typed_stays_when_something_is_missing(self, client, cities):
        answer = client.post(reverse("office:transfer-new-many"), {"employers": "甲\n乙", "to_branch": cities[1].pk})
        assert answer.status_code == 422
        assert "甲\n乙" in answer.content.decode()

    @pytest.mark.parametrize("branch", ["x", "999999", "-1", ""])
    def test_odd_branches_bring_nothing(self, client, branch):
        assert client.get(reverse("office:transfer-new-many"), {"branch": branch}).status_code == 200
