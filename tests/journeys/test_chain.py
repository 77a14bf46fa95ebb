"""The whole chain is set-based: from the draft to cover and policies the number of statements does not know the people."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.billing.models import SocietyAccount
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.start_cover import start_cover
from huzhu.policies.models import Policy
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db


def run_chain(employer, versions):
    """Create → plans → people → precheck → submit → form → two reviews → slip → settle → cover; seconds by step."""
    by, at, seconds = make.handler(employer), make.NOON, {}
    file = make.stored_file(employer)
    begun = time.perf_counter()

    def lap(name):
        nonlocal begun
        now = time.perf_counter()
        seconds[name], begun = now - begun, now

    application_id = enrolment.create_draft(employer_id=employer.pk, by=by, at=at).pk
    choices = [(version.pk, 1) for version in versions]
    enrolment.set_plans(application_id=application_id, choices=choices, by=by, at=at)
    lap("draft")
    enrolment.add_from_roster(application_id=application_id, by=by, at=at)
    lap("add")
    enrolment.run_precheck(application_id=application_id, by=by, at=at)
    lap("precheck")
    enrolment.submit(application_id=application_id, by=by, at=at)
    lap("submit")
    enrolment.send_form(application_id=application_id, file_id=file.pk, by=by, at=at)
    lap("form")
    enrolment.approve_first(application_id=application_id, by=make.registrar(), at=at)
    lap("first")
    approved = approve_enrolment(application_id=application_id, by=make.reviewer(), at=at)
    lap("second")
    assert approved.slip is not None
    started = start_cover(application_id=application_id, arrival_on=make.TODAY, by=make.cashier(), at=at)
    lap("cover")
    return started, seconds


@pytest.fixture
def payee():
    SocietyAccount.objects.create(
        number="3602000109200123456", bank="icbc", bank_name="工商银行", holder="互助会", is_payee=True
    )


def measured(count, *codes):
    employer = make.an_employer()
    make.insurance_list(employer, make.people(employer, count))
    versions = [plans.version(code) for code in codes]
    with CaptureQueriesContext(connection) as captured:
        started, seconds = run_chain(employer, versions)
    assert started.covered == count * len(codes)
    assert Cover.objects.filter(employer=employer).count() == count * len(codes)
    assert Policy.objects.filter(employer=employer).count() == len(codes)
    return len(captured), seconds


def test_as_many_statements_for_a_thousand_people_as_for_ten(payee, record_property):
    few, _ = measured(10, "HOSP25")
    many, seconds = measured(1000, "HOSP25")

    record_property("seconds", seconds)
    assert few == many


def test_as_many_statements_for_several_plans_too(payee):
    few, _ = measured(3, "HOSP25", "ACC25", "CASH25")
    many, _ = measured(60, "HOSP25", "ACC25", "CASH25")
    assert few == many
