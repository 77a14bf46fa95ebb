"""缴款提醒: when, what it says, and each once."""

import datetime as dt

import pytest
import time_machine

from huzhu.billing import operations as billing
from huzhu.billing.rules import get_payment_reminder
from huzhu.jobs import billing as jobs
from huzhu.journeys import remind_of_payment as journey
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.shared.actors import system_actor
from tests.factories import billing as make
from tests.factories.billing import NOON
from tests.factories.roster import employer_actor

DUE = dt.date(2025, 8, 26)


@pytest.mark.parametrize(
    ("today", "reminder"),
    [
        (dt.date(2025, 8, 20), None),
        (dt.date(2025, 8, 21), 5),
        (dt.date(2025, 8, 24), 5),
        (dt.date(2025, 8, 25), 1),
        (dt.date(2025, 8, 26), 1),
        (dt.date(2025, 8, 27), None),
    ],
)
def test_five_days_and_one_day_before(today, reminder):
    assert get_payment_reminder(due_on=DUE, today=today, issued_on=NOON.date()) == reminder


def test_not_on_the_day_of_issue():
    assert get_payment_reminder(due_on=DUE, today=DUE, issued_on=DUE) is None


def before(days: int) -> dt.datetime:
    return dt.datetime.combine(DUE - dt.timedelta(days=days), dt.time(9), tzinfo=NOON.tzinfo)


def remind(at: dt.datetime) -> int:
    return journey.remind_of_payment(by=system_actor(), at=at)


def bodies() -> list[str]:
    return list(SmsMessage.objects.filter(template="payment_reminder").order_by("pk").values_list("body", flat=True))


@pytest.fixture
def slip():
    """Ten people whose cover ends the day after the due date."""
    application = make.approved_application(members=10, previous_end=DUE + dt.timedelta(days=1))
    return make.open_slip(application.contribution_amount, application=application)


@pytest.mark.django_db
class TestRemind:
    def test_comes_twice_and_each_time_once(self, slip):
        assert [remind(before(days)) for days in (7, 6, 5, 5, 4, 2, 1, 1, 0)] == [0, 0, 1, 0, 0, 0, 1, 0, 0]
        five, one = bodies()
        assert "还需缴款950.00元，请于2025-08-26（含当日，还有5天）" in five
        assert slip.number in five
        assert "还有1天" in one
        assert Notice.objects.filter(employer_id=slip.employer_id).count() == 2

    def test_says_by_when_the_chain_breaks(self, slip):
        remind(before(5))
        assert "最晚到账日2025-08-26，晚于此日10人断保" in bodies()[0]

    def test_days_on_which_nothing_ran_are_made_up_for(self, slip):
        assert [remind(before(days)) for days in (3, 0)] == [1, 1]
        assert "今天到期" in bodies()[1]

    def test_asks_for_what_is_still_missing(self, slip):
        make.part_paid(slip, "900.00")
        remind(before(5))
        assert "还需缴款50.00元" in bodies()[0]

    def test_nobody_is_reminded_of_a_slip_that_is_closed_or_to_be_cancelled(self, slip):
        make.asked_cancellation(slip)
        other = make.open_slip()
        billing.cancel_slip(slip_id=other.pk, reason="x", by=employer_actor(other.employer), at=NOON)
        assert remind(before(5)) == 0

    def test_a_later_due_date_is_reminded_of_anew(self, slip):
        remind(before(1))
        made = make.asked_extension(slip)
        billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=before(1))
        assert [remind(before(days)) for days in (0, -2, -6)] == [0, 1, 1]

    def test_at_night_the_message_waits_for_the_morning(self, slip):
        remind(before(5).replace(hour=23))
        assert SmsMessage.objects.get().not_before == before(4).replace(hour=8)

    def test_one_employer_that_fails_keeps_nobody_else_from_being_reminded(self, slip, monkeypatch):
        other = make.open_slip()
        real = billing.note_reminder

        def fails_for_one(*, slip_id, **words):
            if slip_id == slip.pk:
                raise RuntimeError("坏数据")
            return real(slip_id=slip_id, **words)

        monkeypatch.setattr(journey.billing, "note_reminder", fails_for_one)
        assert remind(before(5)) == 1
        assert other.number in bodies()[0]

    def test_by_the_clock(self, slip):
        with time_machine.travel(before(5), tick=False):
            jobs.remind_of_payment(timestamp=0)
            jobs.remind_of_payment(timestamp=0)
        assert len(bodies()) == 1
