"""续保 in the words and figures of its pages: what ends soon, what follows on it, and how today's people differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from huzhu.cover.models import CoverClass
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.journeys.renew_policies import Renewable
from huzhu.plans.models import PlanVersion
from huzhu.policies import renewals, rules
from huzhu.policies.models import Policy
from huzhu.policies.renewals import Kind, RenewalPage, RenewalPerson, Side, Standing
from huzhu.roster.models import EmploymentStatus
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY
from huzhu.ui.parts import Tab
from huzhu.web.office.presenters import plan_versions
from huzhu.web.office.presenters.plan_versions import Compared

NOT_FOR_EMPLOYERS = {"视同续保的计划", "不可同时参保的计划组", "可作赠送计划"}
MOST_POLICIES = 100


def _tell_days(days: int) -> str:
    if days > 0:
        return f"还有 {days} 天"
    return f"已到期 {-days} 天" if days else "今日已到期"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Policies issued together whose cover ends soon or has ended without a renewal; `days` is negative after the end."""

    plans: list[str]
    people: int
    last_day: date
    days: int
    numbers: list[tuple[str, str]]
    url: str
    application_number: str
    state: State | None
    application_url: str

    @property
    def words(self) -> str:
        """How long there is."""
        return _tell_days(self.days)

    @property
    def tone(self) -> str:
        """How urgent it is."""
        return "stops" if self.days <= rules.REMINDED_DAYS_BEFORE[-1] else "warns"

    @property
    def is_with_society(self) -> bool:
        """Whether the employer has nothing left to do but to pay."""
        return self.state in renewals.ON_ITS_WAY


def get_endings(*, actor: Actor, day: date) -> list[Ending]:
    """
    This function will give what an employer may renew now and what it is renewing, the nearest end first: two statements.
    """
    policies = list(
        Policy.objects.visible_to(actor)
        .select_related("plan")
        .filter(coverage_end__gte=day - timedelta(days=rules.OFFERED_DAYS_AFTER))
        .order_by("-pk")[:MOST_POLICIES]
    )
    standings = renewals.get_standings(policy_ids=[policy.pk for policy in policies]) if policies else {}
    groups: dict[tuple[int, int | None], list[Policy]] = {}
    for policy in policies:
        standing = standings[policy.pk]
        is_due = rules.is_offered(first_end=standing.first_end, last_end=standing.last_end, day=day)
        if is_due and standing.state != State.EFFECTIVE:
            groups.setdefault((policy.application_id, standing.application_id), []).append(policy)
    endings = [_ending(found, [standings[each.pk] for each in found], day) for found in groups.values()]
    return sorted(endings, key=lambda each: (each.days, each.numbers))


def _ending(policies: Sequence[Policy], standings: Sequence[Standing], day: date) -> Ending:
    end, first = min(each.first_end for each in standings), standings[0]
    return Ending(
        plans=[str(policy.plan) for policy in policies],
        people=max(each.people for each in standings),
        last_day=end - ONE_DAY,
        days=(end - day).days,
        numbers=[(policy.number, reverse("employer:policy", args=[policy.pk])) for policy in policies],
        url=reverse("employer:policy-renew", args=[policies[0].pk]),
        application_number=first.number,
        state=first.state,
        application_url=_application_url(first) if first.application_id else "",
    )


def _application_url(standing: Standing) -> str:
    is_open = standing.is_linked and standing.state in (State.DRAFT, State.RETURNED)
    return reverse(
        "employer:application-renewal" if is_open else "employer:application", args=[standing.application_id]
    )


@dataclass(frozen=True, kw_only=True)
class Following:
    """One plan that may follow on a policy, with everything in which it differs from the policy's."""

    pk: int
    name: str
    is_chosen: bool
    changes: list[Compared]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One policy on the page of its renewal."""

    policy: Policy
    field: str
    people: int
    last_day: date
    days: int
    has_own_ends: bool
    is_same_plan: bool
    following: list[Following]
    is_left_out: bool

    @property
    def when(self) -> str:
        """How long there is."""
        return _tell_days(self.days)

    @property
    def asks(self) -> bool:
        """Whether something has to be chosen."""
        return len(self.following) > 1


def field_of(policy_id: int) -> str:
    """The name of the field that chooses what follows on a policy."""
    return f"plan-{policy_id}"


def get_offers(*, renewable: Sequence[Renewable], chosen: dict[int, int], day: date) -> list[Offer]:
    """
    This function will tell the policies a click renews, with the plans that may follow and how they differ.
    """
    return [
        Offer(
            policy=each.policy,
            field=field_of(each.policy.pk),
            people=each.standing.people,
            last_day=each.standing.first_end - ONE_DAY,
            days=(each.standing.first_end - day).days,
            has_own_ends=each.standing.first_end != each.standing.last_end,
            is_same_plan=each.is_same_plan,
            following=[
                Following(
                    pk=version.pk,
                    name=str(version.plan),
                    is_chosen=chosen.get(each.policy.pk) == version.pk,
                    changes=[
                        row
                        for row in plan_versions.get_changes(version, each.policy.plan_version)
                        if row.label not in NOT_FOR_EMPLOYERS
                    ],
                )
                for version in each.versions
            ],
            is_left_out=chosen.get(each.policy.pk) == 0,
        )
        for each in renewable
    ]


@dataclass(frozen=True, kw_only=True)
class KindWords:
    """How a list of a comparison is called, what it says, and what is offered for its people."""

    label: str
    says: str


KINDS = {
    Kind.KEPT: KindWords(label="续保", says="上期保单上、现仍在职的人员，已加入本次续保。"),
    Kind.JOINED: KindWords(label="新加入", says="上期没有参保、今日名册在职的人员，已加入本次续保；各人的免责期见右。"),
    Kind.LEFT: KindWords(
        label="已离开",
        says="上期保单上、今日名册不在职的人员，不能续保。名册有误的，请先到职工名册更正，再回到本页加入。",
    ),
    Kind.NOT_RENEWED: KindWords(
        label="在职未续", says="上期保单上、现仍在职，但本次没有加入的人员；不续保将断保，再参保须重新计算免责期。"
    ),
    Kind.OUTSIDE: KindWords(label="在职未参保", says="上期和本次都没有参加的在职人员，包括上期“本次不参保”的人员。"),
    Kind.OVER_AGE: KindWords(
        label="新超龄", says="上期参保时未到、本次开始时已到本人法定退休年龄的人员：需在职证明，或已不能参保。"
    ),
    Kind.SHARES: KindWords(label="份数变化", says="本次份数与上期不同的人员。增加的份数按首次参保计算免责期。"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person of a comparison in words."""

    person: RenewalPerson
    about: str
    shares: str
    joins_on: str
    joins_tone: str
    may_add: bool
    last_day: date | None
    arrival_url: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A policy against the plan that renews it: the lists with their counts, and one page of one of them."""

    policy: Policy
    plan: ApplicationPlan
    kind: Kind
    words: KindWords
    tabs: list[Tab]
    rows: list[Row]
    next_url: str
    is_first_page: bool
    first_url: str

    @property
    def may_remove(self) -> bool:
        """Whether the people of the list may be taken off."""
        return any(row.person.is_planned for row in self.rows)

    @property
    def may_add(self) -> bool:
        """Whether some of the people of the list may be enrolled."""
        return any(row.may_add for row in self.rows)


def get_comparison(
    *,
    application: EnrolmentApplication,
    policy: Policy,
    plan: ApplicationPlan,
    kind: Kind,
    after: tuple[str, int] | None,
) -> Comparison:
    """
    This function will compare one policy with the plan that renews it, in two statements.
    """
    side = Side(
        employer_id=policy.employer_id,
        policy_id=policy.pk,
        application_plan_id=plan.pk,
        gender=plan.plan_version.gender,
    )
    page = renewals.get_people(side, kind=kind, after=after)
    here = reverse("employer:application-renewal", args=[application.pk])
    first = f"{here}?{urlencode({'policy': policy.pk, 'kind': kind})}"
    return Comparison(
        policy=policy,
        plan=plan,
        kind=kind,
        words=KINDS[kind],
        tabs=[
            Tab(
                label=KINDS[each].label,
                url=f"{here}?{urlencode({'policy': policy.pk, 'kind': each})}",
                current=each == kind,
                count=count,
            )
            for each, count in renewals.count_kinds(side).items()
        ],
        rows=[_row(person, application, plan.plan_version) for person in page.rows],
        next_url=_next_url(first, page),
        is_first_page=after is None,
        first_url=first,
    )


def _next_url(first: str, page: RenewalPage) -> str:
    if page.next_after is None:
        return ""
    return f"{first}&{urlencode({'after': '.'.join(map(str, page.next_after))})}"


def _row(person: RenewalPerson, application: EnrolmentApplication, version: PlanVersion) -> Row:
    joins_on, tone = _tell_continuity(person, version)
    arrival = reverse("employer:application-arrival", args=[application.pk])
    return Row(
        person=person,
        about=_tell_about(person),
        shares=_tell_shares(person),
        joins_on=joins_on,
        joins_tone=tone,
        last_day=person.old_end - ONE_DAY if person.old_end else None,
        may_add=person.entry_id is not None and not person.is_planned,
        arrival_url=f"{arrival}?{urlencode({'member': person.member_id})}" if person.is_planned else "",
    )


def _tell_about(person: RenewalPerson) -> str:
    if person.kind == Kind.LEFT:
        status = str(EmploymentStatus(person.status).label) if person.status else "不在职工名册"
        return f"{status} {person.left_on or ''}".strip()
    joined = f"{person.joined_on} 入职" if person.joined_on else ""
    return " · ".join(filter(None, [person.department or "", joined]))


def _tell_shares(person: RenewalPerson) -> str:
    before, now = person.old_shares, person.new_shares if person.is_planned else None
    if before and now and before != now:
        return f"{before} → {now} 份"
    return f"{now or before} 份" if now or before else "—"


def _tell_continuity(person: RenewalPerson, version: PlanVersion) -> tuple[str, str]:
    """How the cover joins what the person had: 续上、断 N 天、首次."""
    if person.kind == Kind.LEFT and not person.is_planned and person.old_end is not None:
        return f"保障到 {person.old_end - ONE_DAY} 为止", "quiet"
    if not person.is_planned:
        return (f"上期至 {person.old_end - ONE_DAY}，到期即断保" if person.old_end else "未参保"), "quiet"
    if person.planned_start is None:
        return "待校验", "quiet"
    start = f"{person.planned_start} 起"
    if person.planned_class == CoverClass.RENEWAL and person.previous_end is not None:
        gap = (person.planned_start - person.previous_end).days
        return (f"{start}，与上期相接" if gap <= 0 else f"{start}，间隔 {gap} 天，在宽限期内"), "done"
    if person.planned_class == CoverClass.LAPSE and person.previous_end is not None:
        gap = (person.planned_start - person.previous_end).days
        return f"{start}，断保 {gap} 天，{_tell_waiting(version.waiting_days_lapsed)}", "stops"
    return f"{start}，首次参保，{_tell_waiting(version.waiting_days_first)}", "info"


def _tell_waiting(days: int) -> str:
    return f"免责期 {days} 天" if days else "无免责期"
