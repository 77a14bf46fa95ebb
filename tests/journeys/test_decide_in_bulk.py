"""批量通过: each row as its own page would, and two at once give one effect each."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from huzhu.billing.models import PaymentSlip
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys import decide_in_bulk
from huzhu.journeys.decide_in_bulk import Chosen, approve_in_bulk, read_since
from huzhu.work.kinds import WorkKind, get_kind
from tests.factories import billing as money
from tests.factories import enrolment as make


def chosen(kind: str, *ids: int) -> list[Chosen]:
    return [
        Chosen(kind=kind, record_id=record_id, since=read_since(get_kind(kind).get_since(record_id)))
        for record_id in ids
    ]


@pytest.mark.django_db
class TestRows:
    def test_what_is_clean_passes_and_what_needs_a_look_does_not(self):
        money.society_account()
        clean = make.application("first_review")
        marked = make.application("first_review", has_list=True)
        marked.application.recorded_findings.create(code="over_age", severity="proof", rule_version=1)
        rows = chosen("first_reviews", clean.id, marked.id)
        done, left = approve_in_bulk(rows=rows, by=make.registrar(), at=make.NOON)
        assert (done.is_done, left.is_done) == (True, False)
        assert "1 条校验结果" in left.reason
        assert (clean.refresh().state, marked.refresh().state) == ("second_review", "first_review")

    def test_nothing_passes_that_the_single_page_would_refuse(self):
        case = make.application("second_review")
        claimed = make.application("second_review")
        make.claim(claimed, by=make.reviewer(person="13900000051"))
        rows = chosen("second_reviews", case.id, claimed.id)
        same = approve_in_bulk(rows=rows, by=make.reviewer(person=make.registrar().person), at=make.NOON)
        assert ["初审由您办理" in each.reason for each in same] == [True, True]
        money.society_account()
        other = approve_in_bulk(rows=rows, by=make.reviewer(), at=make.NOON)
        assert [each.is_done for each in other] == [True, False]
        assert "已认领此件" in other[1].reason

    def test_an_error_nobody_expected_leaves_the_other_rows_their_result(self, monkeypatch):
        first, second = make.application("first_review"), make.application("first_review")
        approve = decide_in_bulk.ACTS["first_reviews"]

        def fail_once(record, by, at):
            return 1 / 0 if record.pk == first.id else approve(record, by, at)

        monkeypatch.setitem(decide_in_bulk.ACTS, "first_reviews", fail_once)
        rows = chosen("first_reviews", first.id, second.id)
        outcomes = approve_in_bulk(rows=rows, by=make.registrar(), at=make.NOON)
        assert [each.is_done for each in outcomes] == [False, True]
        assert (first.refresh().state, second.refresh().state) == ("first_review", "second_review")

    def test_a_kind_that_is_decided_one_by_one_is_left(self):
        line = money.imported(money.transfer("95.00")).statement.transactions.get()
        (outcome,) = approve_in_bulk(rows=chosen("matching", line.pk), by=money.cashier(), at=money.NOON)
        assert "须逐件办理" in outcome.reason


def in_two_sessions(rows: list[Chosen]) -> list[int]:
    """Two reviewers approve the same rows together; how many each got."""
    counts = [0, 0]
    barrier = threading.Barrier(2)

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=20)
            by = make.reviewer(person=f"1390000003{place}")
            counts[place] = sum(each.is_done for each in approve_in_bulk(rows=rows, by=by, at=make.NOON))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return counts


class TestAtOnce:
    def test_the_same_rows_by_two_people_give_one_effect_each(self, own_database):
        money.society_account()
        cases = [make.application("second_review") for _ in range(3)]
        counts = in_two_sessions(chosen("second_reviews", *(case.id for case in cases)))
        assert sum(counts) == 3
        assert PaymentSlip.objects.count() == 3
        assert [case.refresh().reviews.filter(stage=2).count() for case in cases] == [1, 1, 1]

    def test_without_the_locks_two_people_decide_the_same_row(self, own_database, monkeypatch):
        """The twin: both read the row as waiting; both go on to decide it."""
        money.society_account()
        case = make.application("second_review")
        both = threading.Barrier(2)
        begun: list[str] = []

        def read(kind: WorkKind, record_id: int) -> EnrolmentApplication:
            record = EnrolmentApplication.objects.select_related("employer__branch").get(pk=record_id)
            both.wait(timeout=20)
            return record

        monkeypatch.setattr(WorkKind, "lock", read)
        monkeypatch.setitem(decide_in_bulk.ACTS, "second_reviews", lambda record, by, at: begun.append(by.person))
        in_two_sessions(chosen("second_reviews", case.id))
        assert sorted(begun) == ["13900000030", "13900000031"]


def test_too_many_are_refused_before_anything():
    with pytest.raises(decide_in_bulk.TooMany):
        approve_in_bulk(rows=[Chosen(kind="x", record_id=n, since="") for n in range(101)], by=None, at=make.NOON)
