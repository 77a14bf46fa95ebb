"""上下级关系: asked by one side, answered by the other; one parent, no circle, history kept."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from huzhu.employers import operations, permissions, queries
from huzhu.employers.models import GroupLink
from huzhu.shared import locks
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, StaffPostFactory, applicant, office_actor
from tests.factories.employers import EmployerFactory, GroupLinkFactory, MembershipFactory, employer_actor

LATER = NOON + timedelta(hours=1)


def of(employer, **roles):
    return employer_actor(MembershipFactory(employer=employer, **roles))


def ask(own, other, *, as_head=True):
    return operations.request_link(credit_code=other.credit_code, as_head=as_head, by=of(own), at=NOON)


def confirm(link, by):
    return operations.confirm_link(link_id=link.pk, by=by, at=LATER)


@pytest.mark.django_db
class TestLinks:
    @pytest.mark.parametrize("as_head", [True, False])
    def test_either_side_asks_and_the_other_confirms(self, as_head):
        own, other = EmployerFactory(), EmployerFactory()
        link = ask(own, other, as_head=as_head)
        assert queries.count_links_to_answer(employer_id=other.pk) == 1
        with pytest.raises(permissions.NotPermitted, match="对方"):
            confirm(link, of(own))
        confirm(link, of(other))
        head, subsidiary = (own, other) if as_head else (other, own)
        assert queries.get_group(employer=head).subsidiaries == [subsidiary]
        assert queries.get_group(employer=subsidiary).head == head

    def test_one_parent_at_a_time(self):
        link = GroupLinkFactory(confirmed=True)
        with pytest.raises(operations.LinkRefused, match="一个上级"):
            ask(EmployerFactory(), link.subsidiary)
        operations.end_link(link_id=link.pk, by=of(link.subsidiary), at=LATER)
        assert ask(EmployerFactory(), link.subsidiary)
        assert GroupLink.objects.filter(subsidiary=link.subsidiary).count() == 2

    def test_no_circle_however_long(self):
        top = GroupLinkFactory(confirmed=True)
        below = GroupLinkFactory(confirmed=True, head=top.subsidiary)
        with pytest.raises(operations.LinkRefused, match="首尾相接"):
            ask(below.subsidiary, top.head)
        with pytest.raises(operations.LinkRefused, match="本单位"):
            ask(top.head, top.head)

    def test_a_circle_that_closed_meanwhile_is_not_confirmed(self):
        one, other = EmployerFactory(), EmployerFactory()
        down = ask(one, other)
        up = GroupLinkFactory(head=other, subsidiary=one)
        confirm(up, of(one))
        with pytest.raises(operations.LinkRefused, match="首尾相接"):
            confirm(down, of(other))

    @pytest.mark.parametrize("act", [operations.confirm_link, operations.refuse_link, operations.end_link])
    def test_strangers_and_readers_may_not(self, act):
        link = GroupLinkFactory()
        for by in (of(EmployerFactory()), of(link.subsidiary, viewer=True), applicant()):
            with pytest.raises(permissions.NotPermitted):
                act(link_id=link.pk, by=by, at=LATER)

    def test_only_owner_and_handler_of_an_employer_ask(self):
        other = EmployerFactory()
        for by in (of(EmployerFactory(), viewer=True), office_actor(StaffPostFactory()), applicant()):
            with pytest.raises(permissions.NotPermitted, match="单位管理员和经办人"):
                operations.request_link(credit_code=other.credit_code, as_head=True, by=by, at=NOON)
        assert not GroupLink.objects.exists()

    def test_what_was_refused_cannot_be_confirmed(self):
        link = GroupLinkFactory()
        by = of(link.subsidiary)
        operations.refuse_link(link_id=link.pk, by=by, at=LATER)
        with pytest.raises(TransitionNotAllowed):
            confirm(link, by)

    @pytest.mark.parametrize(("code", "words"), [("123", "18 位"), ("91440000MA0000000T", "校验位")])
    def test_codes_that_are_none(self, code, words):
        with pytest.raises(operations.LinkRefused, match=words):
            operations.request_link(credit_code=code, as_head=True, by=of(EmployerFactory()), at=NOON)

    def test_a_sister_sees_nothing(self):
        link = GroupLinkFactory(confirmed=True)
        sister = GroupLinkFactory(confirmed=True, head=link.head)
        assert list(GroupLink.objects.visible_to(of(link.subsidiary))) == [link]
        assert set(GroupLink.objects.visible_to(of(link.head))) == {link, sister}


class TestTwoConfirmAtOnce:
    """A under B and B under A, confirmed at the same moment by two people."""

    def race(self) -> int:
        one, other = EmployerFactory(), EmployerFactory()
        links = [GroupLinkFactory(head=one, subsidiary=other), GroupLinkFactory(head=other, subsidiary=one)]
        people = [of(link.subsidiary) for link in links]
        barrier = threading.Barrier(2)

        def run(link, by):
            try:
                barrier.wait(10)
                confirm(link, by)
            except operations.LinkRefused:
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=pair) for pair in zip(links, people, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return GroupLink.objects.filter(state="confirmed").count()

    def test_no_circle_comes_of_it(self, own_database):
        assert self.race() == 1

    def test_without_the_lock_one_does(self, own_database, monkeypatch):
        from huzhu.employers.operations import groups

        checked = threading.Barrier(2)
        check = groups._check_no_circle

        def slow(**pair):
            check(**pair)
            checked.wait(10)

        monkeypatch.setattr(locks, "lock", lambda *parts: None)
        monkeypatch.setattr(groups, "_check_no_circle", slow)
        assert self.race() == 2
