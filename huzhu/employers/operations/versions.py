"""What held about an employer on which day: one row per stretch of time, the last one open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huzhu.employers.models import BranchTransfer, ChangeRequest, Employer, EmployerVersion
from huzhu.shared.calendar import local_date

FACTS = (
    "credit_code",
    "name",
    "kind",
    "legal_representative",
    "address",
    "headcount",
    "women_headcount",
    "handler_name",
    "branch_id",
)


def begin_version(
    employer: Employer,
    *,
    change: ChangeRequest | None = None,
    transfer: BranchTransfer | None = None,
    at: datetime,
) -> EmployerVersion:
    """
    This function will end the version in force and begin another with the employer's facts as they are now, on the day of `at`. It
    stands inside the transaction of the act that changed them.
    """
    day = local_date(at)
    EmployerVersion.objects.filter(employer=employer, until__isnull=True).update(until=day)
    return EmployerVersion.objects.create(
        employer=employer,
        since=day,
        facts=get_facts(employer),
        change_request=change,
        transfer=transfer,
        made_at=at,
    )


def get_facts(employer: Employer) -> dict[str, Any]:
    """
    This function will give the facts a version keeps; the branch by its id, and by the name it has now.
    """
    return {field: getattr(employer, field) for field in FACTS} | {"branch": employer.branch.name}
