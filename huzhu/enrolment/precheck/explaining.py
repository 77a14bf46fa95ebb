"""
为什么: every rule about one person, whether it struck or not, with what it looked at.

While the list may be edited the person's facts are gathered as the check gathers everybody's; afterwards those kept with the last
run are opened, so that the page tells what was judged then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, Finding
from huzhu.enrolment.precheck.floors import COUNTED
from huzhu.enrolment.precheck.funding import judged
from huzhu.enrolment.precheck.gathering import gathered, get_params
from huzhu.enrolment.precheck.registry import APPLICATION, GIFT, PERSON, PLAN, RULES, Rule, get_rules
from huzhu.enrolment.precheck.replaying import get_parameters, is_standing, thawed

WHOSE = {PERSON: "f.worker_id = %(worker)s", GIFT: "f.worker_id = %(worker)s", PLAN: "true", APPLICATION: "true"}


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One rule about one person in one plan, a plan, or the application: whether it struck, its inputs, and all the facts."""

    rule: Rule
    application_plan_id: int | None
    member_id: int | None
    is_struck: bool
    inputs: dict[str, Any]
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """
    Every rule about one person. `judged_on` is the day it was judged for; `has_facts` is false of applications submitted before
    facts were kept: then only what was found is known. `is_as_found` tests if it agrees with the findings that stand.
    """

    lines: list[Explained]
    judged_on: date | None
    has_facts: bool
    is_as_found: bool


def explain(*, application: EnrolmentApplication, worker_id: int, day: date) -> Explanation:
    """
    This function will tell every rule about one person of an application: some ten statements, whatever the number of people.

    :raises RuleForgotten: if it was judged by a rule that is not known any more
    :raises SealBroken: if what was kept was changed
    """
    found = _get_found(application, worker_id)
    if application.is_editable:
        params = get_params(application_id=application.pk, day=day, is_final=_was_final(application))
        lines = _read(_gathered_now(params, worker_id), RULES, params, worker_id, counts_plans=True)
        return Explanation(lines=lines, judged_on=day, has_facts=True, is_as_found=_get_struck(lines) == found)
    judgement = application.judgements.order_by("-pk").first()
    if judgement is None or not is_standing(judgement):
        return Explanation(lines=_only_found(application, worker_id), judged_on=None, has_facts=False, is_as_found=True)
    params = get_parameters(judgement)
    rules = get_rules(judgement.rule_versions)
    lines = _read(thawed(judgement, worker_id=worker_id), rules, params, worker_id)
    return Explanation(lines=lines, judged_on=params["today"], has_facts=True, is_as_found=_get_struck(lines) == found)


def _was_final(application: EnrolmentApplication) -> bool:
    """
    Test if the last check took categories still unknown for over age: it was that of a submission that was refused.

    Where nobody's category is unknown, both kinds of check find the same.
    """
    unknown = Finding.objects.filter(application=application, code="over_age", inputs__is_category_unknown=True)
    return unknown.exists()


@contextmanager
def _gathered_now(params: Mapping[str, Any], worker_id: int) -> Iterator[CursorWrapper]:
    own = {**params, "worker": worker_id}
    with gathered(own, refreshes=True, only_one=True) as cursor, judged(cursor, own, plans_anew=False):
        yield cursor


def _read(
    facts: Any, rules: Sequence[Rule], params: Mapping[str, Any], worker_id: int, *, counts_plans: bool = False
) -> list[Explained]:
    """
    Every rule over the facts of one person, and those about whole plans, which count everybody.

    :param counts_plans: by what the last check found of everybody; otherwise the facts of plans are among those read
    """
    by_place = dict(enumerate(rules))
    of_plans = {place: rule for place, rule in by_place.items() if rule.facts == PLAN}
    own = {place: rule for place, rule in by_place.items() if place not in of_plans}
    queries = [("", own), (COUNTED if counts_plans else "", of_plans)]
    rows = []
    with facts as cursor:
        for counted, asked in queries:
            said = " UNION ALL ".join(_sql(place, rule) for place, rule in asked.items())
            cursor.execute(f"{counted} {said}", {**params, "worker": worker_id})
            rows += cursor.fetchall()
    return [
        Explained(
            rule=by_place[place],
            application_plan_id=plan_id,
            member_id=member_id,
            is_struck=is_struck,
            inputs=json.loads(inputs),
            facts=json.loads(seen),
        )
        for place, plan_id, member_id, is_struck, inputs, seen in sorted(rows, key=lambda row: row[0])
    ]


def _sql(place: int, rule: Rule) -> str:
    inputs = ", ".join(f"'{name}', {expression}" for name, expression in rule.inputs.items())
    member = "f.member_id" if rule.facts in (PERSON, GIFT) else "NULL::bigint"
    plan = "NULL::bigint" if rule.facts == APPLICATION else "f.application_plan_id"
    return (
        f"SELECT {place}, {plan}, {member}, coalesce({rule.condition}, false), jsonb_build_object({inputs}), to_jsonb(f) "
        f"FROM {rule.facts} AS f WHERE {WHOSE[rule.facts]}"
    )


def _get_struck(lines: list[Explained]) -> list[str]:
    return sorted(
        repr((line.application_plan_id, line.member_id, line.rule.code, line.rule.version, line.inputs))
        for line in lines
        if line.is_struck
    )


def _get_findings(application: EnrolmentApplication, worker_id: int) -> list[Finding]:
    members = ApplicationMember.objects.filter(application=application, worker_id=worker_id)
    about = Finding.objects.filter(application=application, member_id__in=list(members.values_list("pk", flat=True)))
    return [*about, *Finding.objects.filter(application=application, member_id__isnull=True)]


def _get_found(application: EnrolmentApplication, worker_id: int) -> list[str]:
    return sorted(
        repr((each.application_plan_id, each.member_id, each.code, each.rule_version, each.inputs))
        for each in _get_findings(application, worker_id)
    )


def _only_found(application: EnrolmentApplication, worker_id: int) -> list[Explained]:
    """What was found, by rules as they are now: nothing else was kept then."""
    rules = {rule.code: rule for rule in RULES}
    return [
        Explained(
            rule=rules[each.code],
            application_plan_id=each.application_plan_id,
            member_id=each.member_id,
            is_struck=True,
            inputs=each.inputs,
            facts={},
        )
        for each in _get_findings(application, worker_id)
        if each.code in rules
    ]
