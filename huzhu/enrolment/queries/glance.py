"""An application at a glance: people, money, findings, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from huzhu.enrolment import wording
from huzhu.enrolment.models import ApplicationMember, ApplicationPlan, EnrolmentApplication
from huzhu.enrolment.queries.filters import GRAVITY, NORMAL, severity_filter, visible_findings
from huzhu.enrolment.queries.missing import Missing, get_missing
from huzhu.enrolment.states import Severity


@dataclass(frozen=True, kw_only=True)
class CodeCount:
    """How many persons one rule speaks of."""

    code: str
    label: str
    severity: Severity
    count: int


@dataclass(frozen=True, kw_only=True)
class PlanTotal:
    """One plan of an application: people, money, dates."""

    application_plan_id: int
    plan_version_id: int
    name: str
    share_count: int
    others: int  # people with other shares than everybody
    reference_on: date | None
    people: int
    amount: Decimal
    subsidy: Decimal
    is_gift_only: bool

    @property
    def payable(self) -> Decimal:
        """What is left to pay in this plan."""
        return self.amount - self.subsidy


@dataclass(frozen=True, kw_only=True)
class Summary:
    """People, money, findings by code, and what still stops submitting."""

    people: int
    rows: int
    removed: int
    amount: Decimal  # contribution of everybody
    subsidy: Decimal  # what sponsors pay of it
    plans: list[PlanTotal]
    codes: list[CodeCount]
    by_severity: dict[str, int]  # rows by their gravest finding: block, proof, warn, normal
    missing: list[Missing]
    is_checked: bool

    @property
    def payable(self) -> Decimal:
        """What the employer has to pay."""
        return self.amount - self.subsidy


def get_summary(*, application: EnrolmentApplication, day: date | None = None, for_reviewers: bool = False) -> Summary:
    """
    This function will sum an application up in at most eleven statements.

    :param for_reviewers: counts findings that are for reviewers only as well
    """
    members = ApplicationMember.objects.filter(application=application)
    totals = members.aggregate(
        people=Count("worker_id", distinct=True, filter=Q(removed_at__isnull=True)),
        rows=Count("pk", filter=Q(removed_at__isnull=True)),
        removed=Count("pk", filter=Q(removed_at__isnull=False, lacks_gift=False)),
        amount=Sum("contribution_amount", filter=Q(removed_at__isnull=True)),
        subsidy=Sum("subsidy_amount", filter=Q(removed_at__isnull=True)),
    )
    plans = (
        ApplicationPlan.objects.filter(application=application)
        .select_related("plan_version__plan")
        .annotate(
            people=Count("members", filter=Q(members__removed_at__isnull=True)),
            others=Count(
                "members", filter=Q(members__removed_at__isnull=True) & ~Q(members__share_count=F("share_count"))
            ),
            amount=Sum("members__contribution_amount", filter=Q(members__removed_at__isnull=True)),
            subsidy=Sum("members__subsidy_amount", filter=Q(members__removed_at__isnull=True)),
        )
    )
    return Summary(
        people=totals["people"],
        rows=totals["rows"],
        removed=totals["removed"],
        amount=totals["amount"] or Decimal("0.00"),
        subsidy=totals["subsidy"] or Decimal("0.00"),
        plans=[
            PlanTotal(
                application_plan_id=plan.pk,
                plan_version_id=plan.plan_version_id,
                name=str(plan.plan_version.plan),
                share_count=plan.share_count,
                others=plan.others,
                reference_on=plan.reference_on,
                people=plan.people,
                amount=plan.amount or Decimal("0.00"),
                subsidy=plan.subsidy or Decimal("0.00"),
                is_gift_only=plan.is_gift_only,
            )
            for plan in plans
        ],
        codes=_count_codes(application, for_reviewers=for_reviewers),
        by_severity=_count_severities(application, for_reviewers=for_reviewers),
        missing=get_missing(application=application, day=day),
        is_checked=application.checked_at is not None,
    )


def _count_codes(application: EnrolmentApplication, *, for_reviewers: bool) -> list[CodeCount]:
    rows = (
        visible_findings(application.pk, for_reviewers=for_reviewers)
        .values_list("code", "severity")
        .annotate(count=Count("pk"))
    )
    counts = [
        CodeCount(code=code, label=wording.LABELS[code], severity=Severity(severity), count=count)
        for code, severity, count in rows
    ]
    return sorted(counts, key=lambda each: (GRAVITY[each.severity], -each.count, each.code))


def _count_severities(application: EnrolmentApplication, *, for_reviewers: bool) -> dict[str, int]:
    rows = ApplicationMember.objects.filter(application=application, removed_at__isnull=True)
    counts = rows.aggregate(
        **{
            name: Count("pk", filter=severity_filter(name, for_reviewers=for_reviewers))
            for name in (Severity.BLOCK, Severity.PROOF, Severity.WARN, NORMAL)
        }
    )
    return {str(name): count for name, count in counts.items()}
