"""What a clerk should look into among the people in service, each kind as one condition over roster rows. No clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import Case, CharField, DateField, F, Func, Q, Value, When
from django.db.models.lookups import LessThanOrEqual

from huzhu.roster.models import (
    DifferenceReason,
    DocumentReplacement,
    InsuranceRoster,
    InsuranceRosterLine,
    JobCategory,
    WorkerDocument,
)
from huzhu.roster.rules import SCHEDULES
from huzhu.shared.calendar import add_months

EARLIEST_YEARS = min(schedule.old_age_years for schedule in SCHEDULES.values())

PROBLEMS = {
    "category_missing": "缺岗位类别",
    "mobile_missing": "缺手机号",
    "past_retirement": "已过法定退休日",
    "not_on_list": "不在社保/医保名单",
    "wrong_number": "号码曾更正",
}
REMEDIES = {
    "category_missing": "女职工已到工人岗的法定退休日期、未到管理岗的，岗位类别决定是否超龄，请补填。",
    "mobile_missing": "没有手机号的职工收不到短信通知，请补填。",
    "past_retirement": "已到法定退休日期：已退休的请办理退休；仍在岗的参保时须提供在职证明。",
    "not_on_list": "本月或上月的社保、省直医保名单里都没有，也没有说明原因：请在“社保/医保名单核对”中说明，或办理离职、退休。",
    "wrong_number": "证件号码与本单位已更正过的错误号码相同，多半是旧文件再次导入：请核对后办理离职或更正。",
}


def get_condition(code: str, *, today: date, employer_id: int, list_ids: list[int]) -> Q:
    """
    This function will give the condition of one problem of people in service (keys of `PROBLEMS`).

    :param list_ids: the employer's lists that count (`get_current_list_ids`); without one nobody is missing on them
    """
    match code:
        case "not_on_list":
            condition = _not_on_list(list_ids)
        case "wrong_number":
            condition = _wrong_number(employer_id)
        case _:
            condition = _BY_AGE[code](today)
    return Q(left_on__isnull=True) & condition


def get_current_list_ids(*, employer_id: int, today: date) -> list[int]:
    """
    This function will give the ids of the newest list of each kind, of this month or the month before (rulebook §2.2).
    """
    this_month = today.replace(day=1)
    lists = InsuranceRoster.objects.filter(employer=employer_id, month__in=[this_month, add_months(this_month, -1)])
    return list(lists.order_by("kind", "-month", "-pk").distinct("kind").values_list("pk", flat=True))


def _is_reached(*, unknown: str, today: date) -> Q:
    """Past the statutory date; women without job category are taken as of the category `unknown`."""
    category = Case(
        When(gender="male", then=Value("male")),
        When(job_category__in=[JobCategory.MANAGEMENT, JobCategory.TECHNICAL], then=Value("female_55")),
        When(job_category=JobCategory.WORKER, then=Value("female_50")),
        default=Value(unknown),
        output_field=CharField(),
    )
    on = Func(F("born_on"), category, function="statutory_retirement_on", output_field=DateField())
    old_enough = Q(born_on__lte=add_months(today, -12 * EARLIEST_YEARS))  # cheap, and true of few
    return old_enough & Q(LessThanOrEqual(on, Value(today, output_field=DateField())))


def _lacks_category(today: date) -> Q:
    earliest, latest = _is_reached(unknown="female_50", today=today), _is_reached(unknown="female_55", today=today)
    return Q(gender="female", job_category="") & earliest & ~latest


_BY_AGE: dict[str, Callable[[date], Q]] = {
    "category_missing": _lacks_category,
    "mobile_missing": lambda today: Q(mobile=""),
    "past_retirement": lambda today: _is_reached(unknown="female_55", today=today),
}


def _not_on_list(list_ids: list[int]) -> Q:
    if not list_ids:
        return Q(pk__in=[])
    prints = InsuranceRosterLine.objects.filter(roster__in=list_ids).values("fingerprint")
    listed = WorkerDocument.objects.filter(fingerprint__in=prints).values("worker")
    explained = DifferenceReason.objects.filter(roster__in=list_ids, entry__isnull=False).values("entry")
    return ~Q(worker__in=listed) & ~Q(pk__in=explained)


def _wrong_number(employer_id: int) -> Q:
    wrong = DocumentReplacement.objects.filter(employer=employer_id, is_wrong=True).values("wrong_fingerprint")
    return Q(document__fingerprint__in=wrong)
