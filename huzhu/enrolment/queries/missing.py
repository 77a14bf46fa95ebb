"""What still stops submitting, and the slots that proof goes into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from huzhu.accounts.models import Branch
from huzhu.cover.queries import get_issued_end
from huzhu.cover.rules import ReferenceDateRefused, check_reference_date
from huzhu.enrolment import wording
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication, Finding, ProofFile, ProofSlot, ProofVerdict
from huzhu.enrolment.states import Severity
from huzhu.plans.queries import get_on_sale, tell_why_not


@dataclass(frozen=True, kw_only=True)
class Missing:
    """
    One thing that stops submitting, in words, with the wizard step that mends it (plans, people, confirm, proofs, dates).
    """

    kind: str  # no_plans | nobody_enrolled | blocking | proof_missing | reference_date | not_on_sale | policy_over
    text: str
    step: str
    code: str = ""
    count: int = 0


def get_missing(*, application: EnrolmentApplication, day: date | None = None) -> list[Missing]:
    """
    This function will list what still stops submitting, as of the last precheck: at most six statements.

    :param day: also judge the reference dates, and whether the plans are on sale, as if submitted on this day
    """
    plans = list(
        ApplicationPlan.objects.filter(application=application)
        .select_related("plan_version__plan")
        .annotate(
            people=Count("members", filter=Q(members__removed_at__isnull=True)),
            not_given=Count("members", filter=Q(members__lacks_gift=True)),
        )
    )
    if not plans:
        return [Missing(kind="no_plans", text="还没有选择保障计划，请先选择计划和份数。", step="plans")]
    missing = [
        Missing(
            kind="nobody_enrolled",
            text=f"“{plan.plan_version.plan}”还没有参保人员，请导入人员或去掉该计划。"
            if not plan.not_given
            else f"没有人可以受赠“{plan.plan_version.plan}”（原因见人员明细），请去掉该赠送。",
            step="plans" if plan.not_given else "people",
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
    for slot in get_slots(application=application).filter(Q(file_count=0) | Q(is_refused=True), is_needed=True):
        people = f"（{slot.person_count}人）" if slot.person_count else ""
        what, how = ("材料未获认可", "请重新上传") if slot.is_refused else ("缺少材料", "请上传")
        missing.append(
            Missing(
                kind="proof_missing",
                text=f"{what}：{slot.get_kind_display()}{people}，{how}。",
                step="proofs",
                code=slot.kind,
                count=slot.person_count,
            )
        )
    if day is not None:
        if application.is_addition:
            missing.extend(_policy_over(application, plans, day))
        else:  # a version off sale still serves its policies
            missing.extend(_not_on_sale(plans, day, application.employer.branch))
        missing.extend(_reference_dates_refused(plans, day))
    return missing


def _count_blocking(application: EnrolmentApplication) -> list[tuple[str, int]]:
    findings = Finding.objects.filter(application=application, severity=Severity.BLOCK)
    return list(findings.values_list("code").annotate(count=Count("pk")).order_by("code"))


def _not_on_sale(plans: Sequence[ApplicationPlan], day: date, branch: Branch) -> list[Missing]:
    on_sale = {version.pk for version in get_on_sale(day=day, branch=branch)}
    return [
        Missing(
            kind="not_on_sale",
            text=tell_why_not(plan.plan_version, day=day, branch=branch),
            step="plans",
        )
        for plan in plans
        if plan.plan_version_id not in on_sale
    ]


def _policy_over(application: EnrolmentApplication, plans: Sequence[ApplicationPlan], day: date) -> list[Missing]:
    """People are added during the term as issued; of a common end the rule `no_time_left` tells each person's."""
    assert application.endorsed_policy_id is not None
    end = get_issued_end(policy_id=application.endorsed_policy_id)
    if end is None or day < end or any(plan.common_end for plan in plans):
        return []
    return [
        Missing(
            kind="policy_over",
            text=f"保单{application.endorsed_policy_number}的保障期已过，不能再增员；请删除本申请，通过“续保”或“新增参保”办理。",
            step="people",
        )
    ]


def _reference_dates_refused(plans: Sequence[ApplicationPlan], day: date) -> list[Missing]:
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


def get_slots(*, application: EnrolmentApplication) -> QuerySet[ProofSlot]:
    """This function will give the proof slots with `file_count`; slots no longer needed that hold no file are left out."""
    return (
        ProofSlot.objects.filter(application=application)
        .annotate(file_count=Count("files"))
        .filter(Q(is_needed=True) | Q(file_count__gt=0))
        .order_by("kind")
    )


def get_last_verdicts(*, application: EnrolmentApplication) -> dict[int, ProofVerdict]:
    """This function will give the last word a reviewer said on each proof slot, by slot."""
    verdicts = ProofVerdict.objects.filter(slot__application=application)
    return {each.slot_id: each for each in verdicts.order_by("slot_id", "-pk").distinct("slot_id")}


def get_proof_files(*, application: EnrolmentApplication) -> QuerySet[ProofFile]:
    """This function will give every proof file of an application with its slot."""
    return ProofFile.objects.filter(slot__application=application).select_related("slot").order_by("slot__kind", "pk")
