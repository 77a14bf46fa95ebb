"""续保提醒: at 60, 30 and 7 days, once each, to those for whom nothing is on its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest

from huzhu.cover.models import Cover
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys.remind_of_renewal import remind_of_renewal
from huzhu.journeys.renew_policies import renew_policies
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.policies.models import Policy, RenewalReminder
from huzhu.roster.models import RosterEntry
from huzhu.shared.actors import system_actor
from huzhu.shared.calendar import SHANGHAI
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories.flows import move

pytestmark = pytest.mark.django_db
END = dt.date(2026, 8, 12)


def morning(days_before: int, *, hour: int = 9) -> dt.datetime:
    return dt.datetime.combine(END - dt.timedelta(days=days_before), dt.time(hour), tzinfo=SHANGHAI)


def run(days_before: Iterable[int], *, hour: int = 9) -> list[int]:
    return [remind_of_renewal(by=system_actor(), at=morning(days, hour=hour)) for days in days_before]


def texts() -> list[str]:
    return list(SmsMessage.objects.filter(template="renewal_reminder").order_by("pk").values_list("body", flat=True))


def draft(policy: Policy) -> EnrolmentApplication:
    by = make.handler(policy.employer)
    return renew_policies(policy_id=policy.pk, chosen={}, by=by, at=morning(59, hour=14)).application


def send(application: EnrolmentApplication) -> None:
    for state in ("awaiting_form", "first_review"):
        move(application, state, at=morning(58))


def test_comes_three_times_and_each_time_once():
    policy = papers.policy(members=3)
    assert run([61, 60, 60, 59, 31, 30, 29, 8, 7, 6, 1, 0, -1]) == [0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]
    assert [text.split("还有")[1][:3] for text in texts()] == ["60天", "30天", "7天）"]
    assert all("3人次" in text and "2026-08-11" in text for text in texts())
    assert Notice.objects.filter(employer_id=policy.employer_id, title__contains="续保").count() == 3
    assert list(RenewalReminder.objects.order_by("pk").values_list("days_before", "people")) == [
        (60, 3),
        (30, 3),
        (7, 3),
    ]


def test_days_on_which_nothing_ran_are_made_up_for():
    papers.policy(members=1)
    assert run([44, 27, 3]) == [1, 1, 1]
    assert [text.split("还有")[1][:3] for text in texts()] == ["44天", "27天", "3天）"]


def test_one_message_tells_of_all_policies_that_end_together():
    first = papers.policy(members=2)
    second = papers.policy(members=1, owner=first.employer)
    assert run([60]) == [1]
    (text,) = texts()
    assert "3人次" in text
    assert set(RenewalReminder.objects.values_list("policy_id", flat=True)) == {first.pk, second.pk}


def test_a_draft_is_not_on_its_way_but_what_was_sent_is():
    policy = papers.policy(members=2)
    application = draft(policy)
    assert run([58]) == [1]
    send(application)
    assert run([30, 7]) == [0, 0]


def test_after_the_application_came_back_the_next_reminder_comes():
    application = draft(papers.policy(members=2))
    send(application)
    assert run([30]) == [0]
    move(application, "returned", at=morning(29))
    assert run([29]) == [1]


def test_an_application_for_other_people_only_is_no_renewal():
    policy = papers.policy(members=1)
    application = draft(policy)
    stranger = make.people(policy.employer)[0]
    application.members.update(worker=stranger.worker, entry=stranger)
    send(application)
    assert run([30]) == [1]


def test_people_whose_own_cover_ends_earlier_are_reminded_in_time():
    policy = papers.policy(members=2)
    early = Cover.objects.filter(policy_id=policy.pk).first()
    Cover.objects.filter(pk=early.pk).update(coverage_end=END - dt.timedelta(days=100))
    assert run([160]) == [1]
    assert run([60]) == [1]
    assert ["1人次" in text for text in texts()] == [True, True]


def test_nobody_in_service_needs_no_reminder():
    policy = papers.policy(members=1)
    RosterEntry.objects.filter(employer=policy.employer).update(status="left", left_on=dt.date(2026, 5, 1))
    assert run([60]) == [0]


def test_at_night_the_message_waits_for_the_morning():
    papers.policy(members=1)
    run([60], hour=23)
    assert SmsMessage.objects.get(template="renewal_reminder").not_before == morning(59, hour=8)


def test_one_employer_that_fails_keeps_nobody_else_from_being_reminded(monkeypatch):
    papers.policy(members=1)
    other = papers.policy(members=1)
    from huzhu.journeys import remind_of_renewal as journey

    real = journey._remind

    def fail_for_the_first(employer_id, rows, **more):
        if employer_id != other.employer_id:
            raise ValueError
        return real(employer_id, rows, **more)

    monkeypatch.setattr(journey, "_remind", fail_for_the_first)
    assert run([60]) == [1]
