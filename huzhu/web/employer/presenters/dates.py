"""Step 5: each plan's reference date, drawn: past cover, waiting days, planned cover, a gap in red, the latest safe arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min, Q
from django.forms.boundfield import BoundField

from huzhu.cover.models import CoverClass
from huzhu.cover.rules import default_reference_on, latest_safe_arrival, waiting_ends_on
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication
from huzhu.shared.calendar import ONE_DAY, add_months
from huzhu.ui.parts import Cover, Span
from huzhu.web.employer.forms.enrolment import DatesForm


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """One plan of an application with what its people had before. `ends` are the previous ends of those who may renew."""

    plan: ApplicationPlan
    people: int
    first: int
    renewal: int
    lapse: int
    earliest_end: date | None
    latest_end: date | None

    @property
    def shared_end(self) -> date | None:
        """The previous end, when everybody who had cover shares it."""
        return self.earliest_end if self.earliest_end == self.latest_end else None


def get_plan_rows(*, application: EnrolmentApplication, day: date) -> list[PlanRow]:
    """
    This function will give the plans with counts by class and the range of previous ends, in one statement.

    Somebody whose cover has ended before `day` cannot renew any more and offers no date.
    """
    staying = Q(members__removed_at__isnull=True)
    renewable = staying & Q(members__previous_end__gte=day)

    def of(cover_class: str) -> Count:
        return Count("members", filter=staying & Q(members__planned_class=cover_class))

    plans = (
        ApplicationPlan.objects.filter(application=application)
        .select_related("plan_version__plan")
        .annotate(
            people=Count("members", filter=staying),
            first=of(CoverClass.FIRST),
            renewal=of(CoverClass.RENEWAL),
            lapse=of(CoverClass.LAPSE),
            earliest_end=Min("members__previous_end", filter=renewable),
            latest_end=Max("members__previous_end", filter=renewable),
        )
    )
    return [
        PlanRow(
            plan=plan,
            people=plan.people,
            first=plan.first,
            renewal=plan.renewal,
            lapse=plan.lapse,
            earliest_end=plan.earliest_end,
            latest_end=plan.latest_end,
        )
        for plan in plans
    ]


def get_offered(rows: Sequence[PlanRow], *, day: date) -> dict[int, date]:
    """
    This function will give the dates offered for renewals: the previous end, when all share it and it can be chosen today.
    """
    offered = {}
    for row in rows:
        shared = default_reference_on(previous_end=row.shared_end, submitted_on=day)
        if shared is not None and row.plan.reference_on is None:
            offered[row.plan.pk] = shared
    return offered


@dataclass(frozen=True, kw_only=True)
class DateCard:
    """One plan of step 5: its field, its drawing, and two sentences."""

    name: str
    people: str
    field: BoundField
    drawing: Cover
    begins: str
    late: str
    latest_arrival: date | None
    offered: date | None
    is_offer_unused: bool
    costs_cover: bool


def get_cards(*, rows: Sequence[PlanRow], form: DatesForm, offered: Mapping[int, date], day: date) -> list[DateCard]:
    """
    This function will draw each plan for the date that stands in the form.
    """
    return [_card(row, form, offered.get(row.plan.pk), day) for row in rows]


def _card(row: PlanRow, form: DatesForm, offered: date | None, day: date) -> DateCard:
    version = row.plan.plan_version
    typed = form.cleaned_data.get(f"on_{row.plan.pk}") if form.is_bound and form.is_valid() else row.plan.reference_on
    shown = typed if form.is_bound else (typed or offered)
    start = max(shown or day + ONE_DAY, row.earliest_end or day + ONE_DAY) if row.renewal else shown or day + ONE_DAY
    renews = row.earliest_end is not None
    grace = version.renewal_grace_days
    latest = (
        latest_safe_arrival(previous_end=row.earliest_end, grace_days=grace, reference_on=shown) if renews else None
    )
    past = (
        [Span(start=add_months(row.earliest_end, -version.term_months), end=row.earliest_end, label="上期保障")]
        if renews
        else []
    )
    has_gap = renews and start > row.earliest_end
    waits = version.waiting_days_lapsed if has_gap else 0 if renews else version.waiting_days_first
    drawing = Cover(
        planned=Span(start=start, end=add_months(start, version.term_months), label="本次保障"),
        past=past,
        waiting_until=waiting_ends_on(start=start, days=waits) if waits else None,
        latest_arrival=latest,
        today=day,
    )
    return DateCard(
        name=str(version.plan),
        people=_people(row),
        field=form[f"on_{row.plan.pk}"],
        drawing=drawing,
        begins=_begins(shown, renews=renews),
        late=_late(row, shown, latest, has_gap=has_gap),
        latest_arrival=latest,
        offered=offered,
        is_offer_unused=bool(offered and row.plan.reference_on is None),
        costs_cover=renews,
    )


def _people(row: PlanRow) -> str:
    parts = [(row.first, "首次参保"), (row.renewal, "续保"), (row.lapse, "断保后参保")]
    return "，".join(f"{word} {count:,} 人" for count, word in parts if count) or "还没有人员"


def _begins(shown: date | None, *, renews: bool) -> str:
    if shown is None:
        words = "未设置业务参考日期：款项到账次日零时起保障"
        return words + "；原保障未到期的，自原保障到期日起接续。" if renews else words + "。"
    return f"款项在 {shown} 当天或之前到账：自 {shown} 零时起保障，提前缴款不会提前生效。"


def _late(row: PlanRow, shown: date | None, latest: date | None, *, has_gap: bool) -> str:
    lapsed = row.plan.plan_version.waiting_days_lapsed
    again = f"重新计算免责期 {lapsed} 天" if lapsed else "不再连续"
    if has_gap and latest is None:
        return f"这个日期晚于原保障到期日 {row.earliest_end}，中间没有保障，续保人员将断保，{again}。请改为 {row.earliest_end}。"
    if latest is not None:
        some = "" if row.earliest_end == row.latest_end else "（最早到期的人员）"
        return f"晚于 {latest} 到账{some}：自实际到账次日起保障，续保人员断保，{again}。"
    if shown is not None:
        return f"晚于 {shown} 到账：自实际到账次日零时起保障，结束日期随之顺延。"
    return "到账越晚，保障开始越晚；没有人因此断保。"
