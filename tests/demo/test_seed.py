"""The demo is made by the operations the pages call, so it shows every state and breaks no rule."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import override_settings
from django.utils import timezone

from huzhu.accounts import opening
from huzhu.accounts.roles import EmployerRole
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.cli.doctor import examine
from huzhu.cover.models import Cover
from huzhu.demo.people import STAFF, get_welcome
from huzhu.demo.seed import seed
from huzhu.employers.models import Employer, GroupLink
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.receipts.models import ReceiptRequest
from huzhu.roster.models import Worker
from huzhu.shared.actors import system_actor

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WAITING_FOR_A_WORKER = {"jobs_that_wait_too_long", "messages_not_sent", "policies_without_document"}


@override_settings(DEMO=True)
def test_the_demo_shows_every_state_and_breaks_no_rule():
    now = timezone.now()
    assert list(seed(at=now))

    assert Employer.objects.count() == 30
    assert Worker.objects.count() == 3000 + 3  # who joined a policy during its term
    assert GroupLink.objects.filter(state="confirmed", head__name__contains="集团").count() == 5
    states = Counter(EnrolmentApplication.objects.values_list("state", flat=True))
    assert set(states) == set(State)
    assert set(PaymentSlip.objects.values_list("state", flat=True)) == set(SlipState)
    assert set(ReceiptRequest.objects.values_list("state", flat=True)) == {"requested", "issued"}
    assert Cover.objects.filter(coverage_end__gt=now.date()).exists()
    findings = examine(at=now)
    assert {name: rows for name, rows in findings.items() if rows and name not in WAITING_FOR_A_WORKER} == {}
    assert opening.disable_idle_staff(by=system_actor(), at=now) == 0  # the night's job leaves the demo's staff in
    assert list(seed(at=now)) == []  # a second time changes nothing


def test_the_welcome_names_one_login_per_role():
    words = "\n".join(get_welcome(address="http://localhost:8000"))
    for role in {staff.roles for staff in STAFF if staff.roles}:
        login = next(staff.login_name for staff in STAFF if staff.roles == role)
        assert login in words
    for role in EmployerRole:
        assert str(role.label) in words
    assert "http://localhost:8000" in words
