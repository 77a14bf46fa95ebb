"""People with what was found about them, and findings with the people they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Sum

from huzhu.enrolment import wording
from huzhu.enrolment.models import ApplicationMember, Finding
from huzhu.enrolment.queries.filters import GRAVITY, NORMAL, severity_filter, visible_findings
from huzhu.enrolment.states import Severity

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class FindingWords:
    """One finding as people read it."""

    code: str
    label: str
    severity: Severity
    words: wording.Words


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """One person in one plan with what was found, gravest first."""

    member: ApplicationMember
    findings: list[FindingWords]

    @property
    def severity(self) -> str:
        """The gravest finding's severity, `normal` where nothing but information was found."""
        gravest = min((finding.severity for finding in self.findings), key=lambda each: GRAVITY[each], default=None)
        return NORMAL if gravest in (None, Severity.INFO) else str(gravest)


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    """
    One page of rows; `next_after` is the key of the next page, None on the last one. `count` and `amount` are of all pages.
    """

    rows: list[MemberRow]
    next_after: tuple[str, int] | None
    count: int
    amount: Decimal


def get_member_rows(
    *,
    application_id: int,
    severity: str = "",
    code: str = "",
    search: str = "",
    application_plan_id: int | None = None,
    is_removed: bool = False,
    member_ids: list[int] | None = None,
    after: tuple[str, int] | None = None,
    limit: int = PAGE,
    for_reviewers: bool = False,
) -> MemberPage:
    """
    This function will give one page of people with their findings, by pinyin initials: three statements.

    :param severity: `block`, `proof`, `warn` or `normal`; empty for all
    :param code: only those of whom this rule speaks
    :param search: pinyin initials or a part of the name
    :param after: (initials, id) of the last row of the page before
    """
    listed = Q(removed_at__isnull=False, lacks_gift=False) if is_removed else Q(removed_at__isnull=True)
    if code == "gift_not_eligible":
        listed |= Q(lacks_gift=True)  # not in the plan that came with the gift, but somebody asks why
    members = ApplicationMember.objects.filter(listed, application_id=application_id).select_related(
        "application_plan__plan_version__plan"
    )
    if severity:
        members = members.filter(severity_filter(severity, for_reviewers=for_reviewers))
    if code:
        members = members.filter(
            Exists(
                visible_findings(application_id, for_reviewers=for_reviewers).filter(
                    member_id=OuterRef("pk"), code=code
                )
            )
        )
    if search:
        members = members.filter(Q(name_initials__startswith=search.lower()) | Q(name__contains=search))
    if application_plan_id:
        members = members.filter(application_plan_id=application_plan_id)
    if member_ids is not None:
        members = members.filter(pk__in=member_ids)
    totals = members.aggregate(count=Count("pk"), amount=Sum("contribution_amount"))
    if after:
        members = members.filter(Q(name_initials__gt=after[0]) | Q(name_initials=after[0], pk__gt=after[1]))
    page = list(members.order_by("name_initials", "pk")[: limit + 1])
    rows = page[:limit]
    findings = _findings_of([member.pk for member in rows], application_id, for_reviewers=for_reviewers)
    last = rows[-1] if len(page) > limit else None
    return MemberPage(
        rows=[MemberRow(member=member, findings=findings.get(member.pk, [])) for member in rows],
        next_after=(last.name_initials, last.pk) if last else None,
        count=totals["count"],
        amount=totals["amount"] or Decimal("0.00"),
    )


def _findings_of(member_ids: list[int], application_id: int, *, for_reviewers: bool) -> dict[int, list[FindingWords]]:
    by_member: dict[int, list[FindingWords]] = {}
    found = visible_findings(application_id, for_reviewers=for_reviewers).filter(member_id__in=member_ids)
    for finding in sorted(found, key=lambda each: (GRAVITY[Severity(each.severity)], each.code)):
        if finding.member_id is not None:
            by_member.setdefault(finding.member_id, []).append(in_words(finding))
    return by_member


def in_words(finding: Finding) -> FindingWords:
    """This function will put one finding into words."""
    return FindingWords(
        code=finding.code,
        label=wording.LABELS[finding.code],
        severity=Severity(finding.severity),
        words=wording.words(finding.code, finding.inputs),
    )


@dataclass(frozen=True, kw_only=True)
class FindingGroup:
    """All findings of one code: how many people, what it means, and the first few of them."""

    code: str
    label: str
    severity: Severity
    count: int
    samples: list[tuple[ApplicationMember | None, wording.Words]] = field(default_factory=list)


def get_findings_grouped(*, application_id: int, for_reviewers: bool = False, samples: int = 5) -> list[FindingGroup]:
    """
    This function will give the findings by code, gravest first, each with its first few people: two statements.
    """
    counts = (
        visible_findings(application_id, for_reviewers=for_reviewers)
        .values("code", "severity")
        .annotate(count=Count("pk"))
    )
    groups = {
        row["code"]: FindingGroup(
            code=row["code"],
            label=wording.LABELS[row["code"]],
            severity=Severity(row["severity"]),
            count=row["count"],
        )
        for row in counts
    }
    ranked = Finding.objects.raw(
        """
        SELECT * FROM (
            SELECT finding.*, row_number() OVER (PARTITION BY finding.code ORDER BY member.name_initials, finding.id) AS rank
            FROM enrolment_shownfinding AS finding
            LEFT JOIN enrolment_applicationmember AS member ON member.id = finding.member_id
            WHERE finding.application_id = %s AND (%s OR NOT finding.is_for_reviewers)
        ) AS ranked WHERE rank <= %s ORDER BY code, rank
        """,
        [application_id, for_reviewers, samples],
    ).prefetch_related("member", "application_plan__plan_version__plan")
    for finding in ranked:
        groups[finding.code].samples.append((finding.member, wording.words(finding.code, finding.inputs)))
    return sorted(groups.values(), key=lambda group: (GRAVITY[group.severity], -group.count, group.code))
