"""What the clock does with money."""

import datetime as dt

import pytest
import time_machine

from huzhu.billing import operations as billing
from huzhu.jobs import billing as jobs
from huzhu.notifications.models import SmsMessage
from huzhu.shared.actors import system_actor
from tests.factories import billing as make
from tests.factories.billing import NOON

pytestmark = pytest.mark.django_db


def waiting_slip():
    application = make.approved_application(members=2)
    return make.open_slip(application.contribution_amount, application=application)


@pytest.mark.parametrize(("days", "state"), [(16, "open"), (23, "expired")])
def test_by_night_slips_expire_whose_time_has_come(days, state):
    slip = waiting_slip()
    with time_machine.travel(NOON + dt.timedelta(days=days), tick=False):
        jobs.expire_slips(timestamp=0)
        jobs.expire_slips(timestamp=0)
    slip.refresh_from_db()
    assert (slip.state, slip.application.state) == (state, {"open": "awaiting_payment"}.get(state, "expired"))
    assert SmsMessage.objects.filter(template="slip_expired").count() == (state == "expired")


def test_what_a_crash_left_is_settled():
    slip = waiting_slip()
    make.imported(make.transfer(slip.amount, slip.number))
    billing.match_new(by=system_actor(), at=NOON)  # and here the process died
    jobs.settle_waiting(timestamp=0)
    slip.refresh_from_db()
    assert (slip.state, slip.application.state) == ("paid", "effective")
