"""From draft to the money: each step real, each with its trace."""

import pytest

from huzhu.audit.models import AuditEvent
from tests.factories import enrolment as make

pytestmark = pytest.mark.django_db


def test_the_whole_way_leaves_a_trace():
    case = make.application("awaiting_payment", people_count=3)

    assert case.application.state == "awaiting_payment"
    assert case.application.member_count == 3
    assert case.application.contribution_amount == make.money("285.00")
    events = AuditEvent.objects.filter(subject_id=str(case.id), subject_type="enrolment.enrolmentapplication")
    assert list(events.values_list("event", flat=True).order_by("id")) == [
        "enrolment.create",
        "enrolment.set_plans",
        "enrolment.add_people",
        "enrolment.precheck",
        "enrolment.submit",
        "enrolment.send_form",
        "enrolment.approve_first",
        "enrolment.approve_second",
    ]
