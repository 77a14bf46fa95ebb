"""Nobody's gap goes unsaid: late whatever is done is `lapsed`, avoidable is `gap_risk` (rulebook §3)."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from huzhu.cover import rules
from huzhu.enrolment.rules import DAYS_TO_REVIEW_AND_PAY
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db

PEOPLE = 80
EXPECTED_BY = make.TODAY + dt.timedelta(days=DAYS_TO_REVIEW_AND_PAY)


@pytest.mark.parametrize("grace", [0, 1, 30])
@pytest.mark.parametrize("days_ahead", [None, 1, 20, 45])
def test_every_gap_is_reported(grace, days_ahead):
    chance = random.Random(f"{grace} {days_ahead}")
    version = plans.version("HOSP25", renewal_grace_days=grace)
    reference_on = None if days_ahead is None else make.TODAY + dt.timedelta(days=days_ahead)
    employer = make.an_employer()
    entries = make.people(employer, PEOPLE)
    ends = {
        entry.pk: make.TODAY + dt.timedelta(days=chance.randrange(-45, 90))
        for entry in entries
        if chance.random() < 0.9
    }
    for entry in entries:
        if entry.pk in ends:
            make.cover_of(entry, version, start=dt.date(2024, 1, 1), end=ends[entry.pk])

    case = make.application(employer=employer, entries=entries, references=reference_on)

    said: dict[int, dict[str, dict]] = {}
    for finding in case.application.findings.filter(member__isnull=False).select_related("member"):
        said.setdefault(finding.member.entry_id, {})[finding.code] = finding.inputs
    for entry in entries:
        end, codes = ends.get(entry.pk), said[entry.pk]
        start = case.application.members.get(entry=entry).planned_start
        if end is None:
            assert not codes.keys() & {"lapsed", "gap_risk", "renewal"}
            continue
        last_start = end + dt.timedelta(days=grace)
        assert ("lapsed" in codes) is (start > last_start)
        assert ("gap_risk" in codes) is is_at_risk(end=end, grace=grace, reference_on=reference_on)
        if "gap_risk" in codes:
            safe = rules.latest_safe_arrival(previous_end=end, grace_days=grace, reference_on=reference_on)
            assert codes["gap_risk"]["latest_safe_arrival"] == (str(safe) if safe else None)


def is_at_risk(*, end: dt.date, grace: int, reference_on: dt.date | None) -> bool:
    """Paying in time would keep the chain, and either the reference date breaks it or there are few days left."""
    if end + dt.timedelta(days=grace) < make.TOMORROW:
        return False
    safe = rules.latest_safe_arrival(previous_end=end, grace_days=grace, reference_on=reference_on)
    return safe is None or safe <= EXPECTED_BY
