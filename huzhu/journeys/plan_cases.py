"""
What the society's rules make of an example case of a plan: ages (roster), dates and waiting days (cover), price (enrolment).

Plans lie below the apps whose rules they feed, so the rules come to them from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from huzhu.cover import rules as cover
from huzhu.cover.rules import CoverClass, CoverPeriod, WaitingFigures
from huzhu.enrolment import rules as enrolment
from huzhu.plans import operations as plans
from huzhu.plans.models import PlanVersion
from huzhu.plans.rules import CaseResult, ExampleCase, Verdict, run_cases
from huzhu.roster import rules as ages
from huzhu.shared.actors import Actor


def judge(version: PlanVersion, case: ExampleCase) -> Verdict:
    """
    This function will give the verdict of the precheck on somebody whose money arrives on a day (rulebook §3 and §4).
    """
    period = cover.cover_period(
        reference_on=case.reference_on,
        arrival_on=case.arrival_on,
        term_months=version.term_months,
        previous_end=case.previous_end,
        grace_days=version.renewal_grace_days,
    )
    codes = tuple(sorted(_find_codes(version, case, starts_on=period.start)))
    if Verdict(codes=codes).is_refused:
        return Verdict(codes=codes)
    return Verdict(
        codes=codes,
        start=period.start,
        end=period.end,
        cover_class=period.cover_class.value,
        waiting_days=_waiting_days(version, period),
        contribution=enrolment.contribution_amount(
            share_count=case.share_count, contribution_per_share=version.contribution_amount
        ),
    )


def _waiting_days(version: PlanVersion, period: CoverPeriod) -> int:
    figures = WaitingFigures(
        first=version.waiting_days_first, renewal=version.waiting_days_renewal, lapsed=version.waiting_days_lapsed
    )
    return cover.waiting_days(cover_class=CoverClass(period.cover_class), figures=figures)


def _find_codes(version: PlanVersion, case: ExampleCase, *, starts_on: date) -> Iterator[str]:
    if ages.age_on(starts_on, case.born_on) < max(ages.WORKING_AGE, version.min_age):
        yield "not_yet_working_age"
    yield from _find_age_codes(version, case, starts_on=starts_on)
    if version.gender and case.gender != version.gender:
        yield "gender_not_eligible"
    too_far = case.previous_end is not None and cover.is_too_far_ahead(
        previous_end=case.previous_end, judged_on=case.arrival_on
    )
    if too_far or case.share_count > version.max_shares:
        yield "already_covered"


def _find_age_codes(version: PlanVersion, case: ExampleCase, *, starts_on: date) -> Iterator[str]:
    """Of a woman without job category the later of two dates decides, until she is told to be over age (facts §3)."""
    dates = ages.statutory_dates(born_on=case.born_on, gender=case.gender)
    category = ages.retirement_category(gender=case.gender, job_category=case.job_category)
    told = category and ages.statutory_retirement_on(born_on=case.born_on, category=category)
    retires_on = told or dates.latest
    too_old = ages.is_over_max_age(
        starts_on=starts_on, born_on=case.born_on, retires_on=retires_on, max_age=version.max_age
    )
    if too_old:
        yield "over_max_age"
    elif ages.is_over_age(starts_on=starts_on, retires_on=retires_on):
        yield "over_age"
    elif category is None and ages.is_category_needed(starts_on=starts_on, dates=dates):
        yield "category_unknown"


def get_results(version: PlanVersion) -> list[CaseResult]:
    """
    This function will judge every example case of a version.
    """
    return run_cases(version, judge=judge)


def load_catalogue(*, by: Actor, at: datetime) -> list[PlanVersion]:
    """
    This function will bring the plans of the catalogue into the database, each having passed its example cases.

    :raises CasesFail: if one does not come as the catalogue says
    """
    return plans.load_catalogue(judge=judge, by=by, at=at)


def propose(*, version_id: int, revision: int, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will propose a draft whose example cases pass; see `plans.propose`.
    """
    return plans.propose(version_id=version_id, revision=revision, judge=judge, by=by, at=at)


def publish(*, version_id: int, revision: int, by: Actor, at: datetime) -> PlanVersion:
    """
    This function will publish a proposed version whose example cases pass; see `plans.publish`.
    """
    return plans.publish(version_id=version_id, revision=revision, judge=judge, by=by, at=at)
