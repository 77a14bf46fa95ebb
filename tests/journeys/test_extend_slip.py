"""A later due date: proof and request together, the date and its words together."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentExtension
from huzhu.documents.models import StoredFile
from huzhu.journeys import extend_slip as journey
from huzhu.journeys.expire_slips import expire_slips
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.shared.actors import system_actor
from huzhu.shared.uploads import UploadRefused
from tests.factories import billing as make
from tests.factories.billing import NOON
from tests.factories.employers import picture
from tests.factories.roster import employer_actor

pytestmark = pytest.mark.django_db


def ask(slip, *, proof=None, days=20, code="budget"):
    return journey.ask_extension(
        slip_id=slip.pk,
        reason_code=code,
        reason="拨款预计月底到账",
        new_due_on=slip.due_on + dt.timedelta(days=days),
        proof=proof,
        by=employer_actor(slip.employer),
        at=NOON,
    )


def renewing_slip():
    application = make.approved_application(members=3, previous_end=dt.date(2025, 8, 30))
    return make.open_slip(application.contribution_amount, application=application)


def test_the_proof_is_kept_with_the_request():
    slip = make.open_slip()
    made = ask(slip, proof=picture("拨款计划.jpg"))
    assert StoredFile.objects.get(pk=made.proof_id).employer_id == slip.employer_id


def test_a_refused_request_keeps_no_file():
    slip = make.open_slip()
    with pytest.raises(billing.RequestRefused):
        ask(slip, proof=picture("拨款计划.jpg"), days=90)
    assert not StoredFile.objects.exists()


def test_a_refused_file_makes_no_request():
    with pytest.raises(UploadRefused):
        ask(make.open_slip(), proof=SimpleUploadedFile("拨款计划.exe", b"MZ"))
    assert not PaymentExtension.objects.exists()


def test_the_employer_hears_the_new_date_and_the_day_that_counts():
    slip = renewing_slip()
    made = make.asked_extension(slip)
    journey.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)
    body = SmsMessage.objects.get(template="extension_approved").body
    assert f"延至{made.new_due_on}" in body
    assert "最晚到账日2025-08-29，晚于此日3人断保" in body
    assert made.slip.number in Notice.objects.get(employer_id=slip.employer_id).title


def test_date_and_message_or_neither(monkeypatch):
    made = make.asked_extension(renewing_slip())
    monkeypatch.setattr(journey.notifications, "post_notice", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        journey.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)
    made.refresh_from_db()
    assert (made.state, made.slip.due_on) == ("requested", made.from_due_on)
    assert not SmsMessage.objects.exists()


def test_by_night_a_slip_with_a_request_is_left_alone():
    slip = renewing_slip()
    made = make.asked_extension(slip)
    later = NOON + dt.timedelta(days=30)
    assert expire_slips(by=system_actor(), at=later) == []
    billing.refuse_extension(extension_id=made.pk, reason="请按期", by=make.cashier(), at=later)
    assert [each.pk for each in expire_slips(by=system_actor(), at=later)] == [slip.pk]
