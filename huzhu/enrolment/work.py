"""What of the applications waits for the office (工作台)."""

from __future__ import annotations

from typing import Any

from huzhu.enrolment import queries
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import WORKFLOW, Severity, State
from huzhu.work.kinds import NeedsLook, WorkKind, declare


def _check_findings(record: EnrolmentApplication) -> None:
    found = record.findings.exclude(severity=Severity.INFO).count()
    if found:
        raise NeedsLook(f"有 {found} 条校验结果需要查看，请打开逐件审核。")


_SHARED: dict[str, Any] = {
    "flow": WORKFLOW,
    "model": EnrolmentApplication,
    "number": "number",
    "title": "employer__name",
    "branch": "employer__branch__name",
    "people": "member_count",
    "amount": "contribution_amount",
    "argument": "application_id",
    "leaves_out": queries.leave_out_own,
    "check_in_bulk": _check_findings,
    "related": ("employer__branch",),
}

declare(
    WorkKind(
        key="first_reviews",
        label="参保初审",
        state=State.FIRST_REVIEW,
        act="enrolment.approve_first",
        since="submitted_at",
        page="office:first-review",
        verb="初审",
        **_SHARED,
    ),
    WorkKind(
        key="second_reviews",
        label="参保复审",
        state=State.SECOND_REVIEW,
        act="enrolment.approve_second",
        since="first_reviewed_at",
        page="office:second-review",
        verb="复审",
        starts=("enrolment.approve_first",),
        **_SHARED,
    ),
)
