"""Questions about applications that need more than a queryset method; each a fixed number of statements, whatever the people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from huzhu.cover.rules import ReferenceDateRefused, check_reference_date
from huzhu.enrolment import wording
from huzhu.enrolment.models import (
    ApplicationMember,
    ApplicationPlan,
    EnrolmentApplication,
    Finding,
    ProofFile,
    ProofSlot,
    Submission,
)
from huzhu.enrolment.permissions import REVIEW_STATES
from huzhu.enrolment.states import WORKFLOW, Severity, State
from huzhu.shared.actors import Actor

PAGE = 50
NORMAL = "normal"  # the filter 正常: nobody objects


# ---------------------------------------------------------------- what still stops submitting


@dataclass(frozen=True, kw_only=True)
class Missing:
    """
    One thing that stops submitting, in words, with the wizard step that mends it (plans, people, confirm, proofs, dates).
    """

    kind: str  # no_plans | nobody_enrolled | blocking | proof_missing | reference_date
    text: str
    step: str
    code: str = ""
    count: int = 0


def get_missing(*, application: EnrolmentApplication, day: date | None = None) -> list[Missing]:
    """
    This function will list what still stops submitting, as of the last precheck: four statements.

    :param day: also judge the reference dates as if submitted on this day
    """
    plans = list(
        ApplicationPlan.objects.filter(application=application)
        .select_related("plan_version__plan")
        .annotate(people=Count("members", filter=Q(members__removed_at__isnull=True)))
    )
    if not plans:
        return [Missing(kind="no_plans", text="还没有选择保障计划，请先选择计划和份数。", step="plans")]
    missing = [
        Missing(
            kind="nobody_enrolled",
            text=f"“{plan.plan_version.plan}”还没有参保人员，请导入人员或去掉该计划。",
            step="people",
        )
        for plan in plans
        if not plan.people
    ]
    for code, count in _count_blocking(application):
        missing.append(
            Missing(
                kind="blocking",
                text=f"{count}人次不可参保：{wording.LABELS[code]}，请更正或从名单中删除。",
                step="confirm",
                code=code,
                count=count,
            )
        )
    for slot in get_slots(application=application).filter(is_needed=True, file_count=0):
        people = f"（{slot.person_count}人）" if slot.person_count else ""
        missing.append(
            Missing(
                kind="proof_missing",
                text=f"缺少材料：{slot.get_kind_display()}{people}，请上传。",
                step="proofs",
                code=slot.kind,
                count=slot.person_count,
            )
        )
    if day is not None:
        missing.extend(_reference_dates_refused(plans, day))
    return missing


def _count_blocking(application: EnrolmentApplication) -> list[tuple[str, int]]:
    findings = Finding.objects.filter(application=application, severity=Severity.BLOCK)
    return list(findings.values_list("code").annotate(count=Count("pk")).order_by("code"))


def _reference_dates_refused(plans: list[ApplicationPlan], day: date) -> list[Missing]:
    refused = []
    for plan in plans:
        if plan.reference_on is None:
            continue
        try:
            check_reference_date(reference_on=plan.reference_on, submitted_on=day)
        except ReferenceDateRefused as refusal:
            refused.append(
                Missing(kind="reference_date", text=f"“{plan.plan_version.plan}”：{refusal}", step="dates", count=1)
            )
    return refused


# ---------------------------------------------------------------- an application at a glance


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
    reference_on: date | None
    people: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Summary:
    """People, money, findings by code, and what still stops submitting."""

    people: int
    rows: int
    removed: int
    amount: Decimal
    plans: list[PlanTotal]
    codes: list[CodeCount]
    by_severity: dict[str, int]  # rows by their gravest finding: block, proof, warn, normal
    missing: list[Missing]
    is_checked: bool


def get_summary(*, application: EnrolmentApplication, day: date | None = None, for_reviewers: bool = False) -> Summary:
    """
    This function will sum an application up in eight statements.

    :param for_reviewers: counts findings that are for reviewers only as well
    """
    members = ApplicationMember.objects.filter(application=application)
    totals = members.aggregate(
        people=Count("worker_id", distinct=True, filter=Q(removed_at__isnull=True)),
        rows=Count("pk", filter=Q(removed_at__isnull=True)),
        removed=Count("pk", filter=Q(removed_at__isnull=False)),
        amount=Sum("contribution_amount", filter=Q(removed_at__isnull=True)),
    )
    plans = (
        ApplicationPlan.objects.filter(application=application)
        .select_related("plan_version__plan")
        .annotate(
            people=Count("members", filter=Q(members__removed_at__isnull=True)),
            amount=Sum("members__contribution_amount", filter=Q(members__removed_at__isnull=True)),
        )
    )
    return Summary(
        people=totals["people"],
        rows=totals["rows"],
        removed=totals["removed"],
        amount=totals["amount"] or Decimal("0.00"),
        plans=[
            PlanTotal(
                application_plan_id=plan.pk,
                plan_version_id=plan.plan_version_id,
                name=str(plan.plan_version.plan),
                share_count=plan.share_count,
                reference_on=plan.reference_on,
                people=plan.people,
                amount=plan.amount or Decimal("0.00"),
            )
            for plan in plans
        ],
        codes=_count_codes(application, for_reviewers=for_reviewers),
        by_severity=_count_severities(application, for_reviewers=for_reviewers),
        missing=get_missing(application=application, day=day),
        is_checked=application.checked_at is not None,
    )


def _visible_findings(application_id: int, *, for_reviewers: bool) -> QuerySet[Finding]:
    findings = Finding.objects.filter(application_id=application_id)
    return findings if for_reviewers else findings.filter(is_for_reviewers=False)


def _count_codes(application: EnrolmentApplication, *, for_reviewers: bool) -> list[CodeCount]:
    rows = (
        _visible_findings(application.pk, for_reviewers=for_reviewers)
        .values_list("code", "severity")
        .annotate(count=Count("pk"))
    )
    counts = [
        CodeCount(code=code, label=wording.LABELS[code], severity=Severity(severity), count=count)
        for code, severity, count in rows
    ]
    return sorted(counts, key=lambda each: (GRAVITY[each.severity], -each.count, each.code))


GRAVITY = {Severity.BLOCK: 0, Severity.PROOF: 1, Severity.WARN: 2, Severity.INFO: 3}


def _count_severities(application: EnrolmentApplication, *, for_reviewers: bool) -> dict[str, int]:
    rows = ApplicationMember.objects.filter(application=application, removed_at__isnull=True)
    counts = rows.aggregate(
        **{
            name: Count("pk", filter=_severity_filter(name, for_reviewers=for_reviewers))
            for name in (Severity.BLOCK, Severity.PROOF, Severity.WARN, NORMAL)
        }
    )
    return {str(name): count for name, count in counts.items()}


def _severity_filter(severity: str, *, for_reviewers: bool) -> Q:
    """The rows under one filter: those with a finding of that severity; 正常 are those without block, proof and warning."""

    def has(*severities: str) -> Exists:
        findings = Finding.objects.filter(member_id=OuterRef("pk"), severity__in=severities)
        return Exists(findings if for_reviewers else findings.filter(is_for_reviewers=False))

    if severity == NORMAL:
        return ~Q(has(Severity.BLOCK, Severity.PROOF, Severity.WARN))
    return Q(has(severity))


# ---------------------------------------------------------------- people and findings


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
    """One page of rows; `next_after` is the key of the next page, None on the last one."""

    rows: list[MemberRow]
    next_after: tuple[str, int] | None


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
    This function will give one page of people with their findings, by pinyin initials: two statements.

    :param severity: `block`, `proof`, `warn` or `normal`; empty for all
    :param code: only those of whom this rule speaks
    :param search: pinyin initials or a part of the name
    :param after: (initials, id) of the last row of the page before
    """
    members = ApplicationMember.objects.filter(
        application_id=application_id, removed_at__isnull=not is_removed
    ).select_related("application_plan__plan_version__plan")
    if severity:
        members = members.filter(_severity_filter(severity, for_reviewers=for_reviewers))
    if code:
        members = members.filter(
            Exists(
                _visible_findings(application_id, for_reviewers=for_reviewers).filter(
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
    if after:
        members = members.filter(Q(name_initials__gt=after[0]) | Q(name_initials=after[0], pk__gt=after[1]))
    page = list(members.order_by("name_initials", "pk")[: limit + 1])
    rows = page[:limit]
    findings = _findings_of([member.pk for member in rows], application_id, for_reviewers=for_reviewers)
    last = rows[-1] if len(page) > limit else None
    return MemberPage(
        rows=[MemberRow(member=member, findings=findings.get(member.pk, [])) for member in rows],
        next_after=(last.name_initials, last.pk) if last else None,
    )


def _findings_of(member_ids: list[int], application_id: int, *, for_reviewers: bool) -> dict[int, list[FindingWords]]:
    by_member: dict[int, list[FindingWords]] = {}
    found = _visible_findings(application_id, for_reviewers=for_reviewers).filter(member_id__in=member_ids)
    for finding in sorted(found, key=lambda each: (GRAVITY[Severity(each.severity)], each.code)):
        by_member.setdefault(finding.member_id or 0, []).append(in_words(finding))
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
        _visible_findings(application_id, for_reviewers=for_reviewers)
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
            FROM enrolment_finding AS finding
            LEFT JOIN enrolment_applicationmember AS member ON member.id = finding.member_id
            WHERE finding.application_id = %s AND (%s OR NOT finding.is_for_reviewers)
        ) AS ranked WHERE rank <= %s ORDER BY code, rank
        """,
        [application_id, for_reviewers, samples],
    ).prefetch_related("member", "application_plan__plan_version__plan")
    for finding in ranked:
        groups[finding.code].samples.append((finding.member, wording.words(finding.code, finding.inputs)))
    return sorted(groups.values(), key=lambda group: (GRAVITY[group.severity], -group.count, group.code))


def get_slots(*, application: EnrolmentApplication) -> QuerySet[ProofSlot]:
    """This function will give the proof slots with `file_count`; slots no longer needed that hold no file are left out."""
    return (
        ProofSlot.objects.filter(application=application)
        .annotate(file_count=Count("files"))
        .filter(Q(is_needed=True) | Q(file_count__gt=0))
        .order_by("kind")
    )


def get_proof_files(*, application: EnrolmentApplication) -> QuerySet[ProofFile]:
    """This function will give every proof file of an application with its slot."""
    return ProofFile.objects.filter(slot__application=application).select_related("slot").order_by("slot__kind", "pk")


# ---------------------------------------------------------------- work lists and differences


def get_work_list(*, actor: Actor, stage: int) -> QuerySet[EnrolmentApplication]:
    """
    This function will give the applications that wait for somebody's first (1) or second (2) review, oldest first.

    Left out is what the two-person rule forbids the same person (rulebook §1); `is_mine` marks those the actor has claimed.
    """
    state = State.FIRST_REVIEW if stage == 1 else State.SECOND_REVIEW
    if not WORKFLOW.is_permitted(REVIEW_STATES[state], roles=actor.roles):
        return EnrolmentApplication.objects.none()
    return (
        EnrolmentApplication.objects.visible_to(actor)
        .filter(state=state)
        .exclude(first_reviewed_by_person=actor.person)
        .exclude(submitted_by_person=actor.person)
        .exclude(created_by_person=actor.person)
        .select_related("employer__branch")
        .annotate(is_mine=Q(claimed_by_id=actor.user_id) & Q(claimed_by_id__isnull=False))
        .order_by("submitted_at", "pk")
    )


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """One person in one plan that was added, removed or described otherwise since the last submission."""

    kind: str  # added | removed | changed
    plan: str
    name: str
    number_masked: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed since an earlier submission; `since` is its number, None where there is no earlier one."""

    since: int | None
    plans: list[tuple[str, str, str]]  # plan, before, after
    people: list[PersonChange]
    people_count: int


def get_diff_to_last_submission(*, application: EnrolmentApplication, limit: int = 200) -> Difference:
    """
    This function will compare plans and people as they stand with the submission before: while it is under review with the one
    before the last, while it may be edited with the last. Three statements.
    """
    waiting = application.state not in (State.DRAFT, State.RETURNED)
    number = application.submission_count - (1 if waiting else 0)
    if number < 1:
        return Difference(since=None, plans=[], people=[], people_count=0)
    snapshot = Submission.objects.filter(application=application, number=number).values("pk", "plans").first()
    if snapshot is None:
        return Difference(since=None, plans=[], people=[], people_count=0)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_DIFFERENCE, {"application": application.pk, "submission": snapshot["pk"], "limit": limit})
        rows = cursor.fetchall()
    return Difference(
        since=number,
        plans=_plan_difference(snapshot["plans"], application),
        people=[
            PersonChange(kind=kind, plan=plan, name=name, number_masked=masked, before=before, after=after)
            for kind, plan, name, masked, before, after, _ in rows
        ],
        people_count=rows[0][-1] if rows else 0,
    )


def _plan_difference(before: list[dict[str, Any]], application: EnrolmentApplication) -> list[tuple[str, str, str]]:
    def text(shares: int, reference_on: object) -> str:
        return f"每人{shares}份，业务参考日期{reference_on or '未设置'}"

    old = {plan["name"]: text(plan["shares"], plan["reference_on"]) for plan in before}
    new = {
        str(plan.plan_version.plan): text(plan.share_count, plan.reference_on)
        for plan in ApplicationPlan.objects.filter(application=application).select_related("plan_version__plan")
    }
    return [
        (name, old.get(name, ""), new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


PEOPLE_DIFFERENCE = """
WITH old AS (
    SELECT person.* FROM enrolment_submission AS submission
    CROSS JOIN LATERAL jsonb_to_recordset(submission.people)
        AS person (worker bigint, plan text, name text, number text, category text, shares int)
    WHERE submission.id = %(submission)s
), new AS (
    SELECT member.worker_id AS worker,
           plan.name || CASE WHEN plan.variant = '' THEN '' ELSE '（' || plan.variant || '）' END AS plan, member.name,
           member.number_masked AS number, member.job_category AS category, member.share_count AS shares
    FROM enrolment_applicationmember AS member
    JOIN enrolment_applicationplan AS asked ON asked.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = asked.plan_version_id
    JOIN plans_plan AS plan ON plan.id = version.plan_id
    WHERE member.application_id = %(application)s AND member.removed_at IS NULL
), changed AS (
    SELECT CASE WHEN old.worker IS NULL THEN 'added' WHEN new.worker IS NULL THEN 'removed' ELSE 'changed' END AS kind,
           coalesce(new.plan, old.plan) AS plan, coalesce(new.name, old.name) AS name, coalesce(new.number, old.number) AS number,
           CASE WHEN old.worker IS NULL THEN ''
                ELSE concat_ws(' ', old.name, old.number, old.category, old.shares || '份') END AS before,
           CASE WHEN new.worker IS NULL THEN ''
                ELSE concat_ws(' ', new.name, new.number, new.category, new.shares || '份') END AS after
    FROM old FULL JOIN new ON new.worker = old.worker AND new.plan = old.plan
    WHERE (old.worker, old.name, old.number, old.category, old.shares)
          IS DISTINCT FROM (new.worker, new.name, new.number, new.category, new.shares)
)
SELECT kind, plan, name, number, before, after, count(*) OVER () FROM changed ORDER BY kind, name, plan LIMIT %(limit)s
"""


# ---------------------------------------------------------------- on the way to cover


COVER_SOURCE = """
    SELECT member.id AS member_id, member.worker_id, application.employer_id, application.id AS application_id,
           policy.policy_id, version.plan_id, plan.plan_version_id, member.name, member.name_initials, member.number_masked,
           member.share_count, member.contribution_amount, plan.reference_on, %(arrival_on)s::date AS arrival_on
    FROM enrolment_applicationmember AS member
    JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    JOIN unnest(%(plan_ids)s::bigint[], %(policy_ids)s::bigint[]) AS policy (plan_id, policy_id) ON policy.plan_id = version.plan_id
    WHERE member.application_id = %(application)s AND member.removed_at IS NULL
"""


def get_cover_source(
    *, application_id: int, arrival_on: date, policy_ids: Mapping[int, int]
) -> tuple[str, dict[str, Any]]:
    """
    This function will give the people to cover, in the columns `cover.operations.Source` asks for, as a query and its parameters.

    :param policy_ids: the reserved policy of each plan
    """
    return COVER_SOURCE, {
        "application": application_id,
        "arrival_on": arrival_on,
        "plan_ids": list(policy_ids.keys()),
        "policy_ids": list(policy_ids.values()),
    }


def get_plan_ids(*, application_id: int) -> list[int]:
    """This function will give the ids of the plans an application asks for."""
    return list(
        ApplicationPlan.objects.filter(application_id=application_id)
        .order_by("plan_version__plan_id")
        .values_list("plan_version__plan_id", flat=True)
    )


def get_latest_safe_arrival(*, application_id: int) -> date | None:
    """
    This function will give the last day on which the money may arrive without breaking anybody's chain (gap_risk), if any
    of the people renews.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(CASE WHEN plan.reference_on IS NULL OR plan.reference_on > member.previous_end + version.renewal_grace_days
                            THEN member.previous_end + version.renewal_grace_days - 1
                            ELSE greatest(plan.reference_on, member.previous_end + version.renewal_grace_days - 1) END)
            FROM enrolment_applicationmember AS member
            JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
            JOIN plans_planversion AS version ON version.id = plan.plan_version_id
            WHERE member.application_id = %s AND member.removed_at IS NULL AND member.planned_class = 'renewal'
            """,
            [application_id],
        )
        return cursor.fetchone()[0]
