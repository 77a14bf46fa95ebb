"""Two people, or one person twice, press the button at the same moment."""

from __future__ import annotations

import datetime as dt
import threading

from django.db import connections

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.operations import flow, reviewing
from tests.factories import enrolment as make


def in_two_sessions(case, first, second) -> list[str]:
    """Two approvals by two sessions started together; the names of what each ended with."""
    ends: list[str] = ["", ""]
    barrier = threading.Barrier(2)

    def run(number, approve, actor):
        try:
            barrier.wait(timeout=20)
            approve(application_id=case.id, by=actor, at=make.NOON + dt.timedelta(seconds=number))
            ends[number] = "approved"
        except Exception as error:  # what stopped the session is the result
            ends[number] = type(error).__name__
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(0, *first)),
        threading.Thread(target=run, args=(1, *second)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ends


class TestTwoSessions:
    def test_the_same_person_in_two_sessions_gives_one_approval_at_most(self, own_database):
        case = make.application("first_review")
        person = "13900000066"
        as_registrar = make.registrar(person=person)
        as_reviewer = make.reviewer(person=person)

        ends = in_two_sessions(case, (enrolment.approve_first, as_registrar), (enrolment.approve_second, as_reviewer))

        assert ends[0] == "approved"
        assert ends[1] in ("NotPermitted", "TransitionNotAllowed")
        assert case.refresh().second_reviewed_by_person == ""

    def test_two_reviewers_in_two_sessions_give_one_verdict(self, own_database):
        case = make.application("second_review")
        first, second = make.reviewer(person="13900000031"), make.reviewer(person="13900000032")

        ends = in_two_sessions(case, (enrolment.approve_second, first), (enrolment.approve_second, second))

        assert sorted(ends) == ["TransitionNotAllowed", "approved"]
        assert case.refresh().reviews.filter(stage=2).count() == 1

    def test_without_the_row_lock_both_verdicts_would_be_written(self, own_database, monkeypatch):
        case = make.application("second_review")
        first, second = make.reviewer(person="13900000031"), make.reviewer(person="13900000032")
        both_read = threading.Barrier(2)

        def read_without_lock(application_id, **_):
            application = EnrolmentApplication.objects.select_related("employer__branch").get(pk=application_id)
            both_read.wait(timeout=20)
            return application

        monkeypatch.setattr(reviewing, "lock_for_review", read_without_lock)
        assert flow.lock_for_review is not reviewing.lock_for_review

        assert in_two_sessions(case, (enrolment.approve_second, first), (enrolment.approve_second, second)) == [
            "approved",
            "approved",
        ]
        assert case.refresh().reviews.filter(stage=2).count() == 2
