"""
The rules of rulebook §3 as data. A rule is a condition over one row of facts (`facts.py`, alias `f`); all rules together become one
statement. Whoever changes a condition or its inputs raises the version, and the rule as it was goes to `FORMER`: old applications
are replayed by the rules of their day (`replaying`). tests/enrolment/test_rule_versions.py holds every version to its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from huzhu.enrolment.states import ProofKind, Severity

PERSON, PLAN, APPLICATION = "person_facts", "plan_facts", "application_facts"
GIFT = "gift_facts"  # a person in a plan and a campaign (`funding`)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """
    One rule: when it strikes, how it is to be taken, which inputs it shows and which proof settles it.

    :param facts: which facts it looks at: about a person in a plan, the same and a campaign, a plan of the application, or the
        application
    :param is_recorded: whether findings are written down; the class of cover stands on the member's row, and the view
        `enrolment_shownfinding` reads it from there as this rule does
    :param inputs: name → SQL expression over the facts; dates are ISO texts in the finding
    """

    code: str
    severity: Severity
    version: int
    facts: str
    condition: str
    inputs: dict[str, str]
    proof_kind: str = ""
    is_for_reviewers: bool = False
    is_recorded: bool = True

    def sql(self, *, of: str = "") -> str:
        """The rule as a query of findings, over its facts or a part of them."""
        inputs = ", ".join(f"'{name}', {expression}" for name, expression in self.inputs.items())
        member = "f.member_id" if self.facts in (PERSON, GIFT) else "NULL::bigint"
        plan = "NULL::bigint" if self.facts == APPLICATION else "f.application_plan_id"
        return (
            f"SELECT %(application)s::bigint, {plan}, {member}, '{self.code}', '{self.severity.value}', {self.version}, "
            f"'{self.proof_kind}', jsonb_build_object({inputs}), {str(self.is_for_reviewers).lower()} "
            f"FROM {of or self.facts} AS f WHERE {self.condition}"
        )

    @property
    def digest(self) -> str:
        """What the rule does, in short: another condition, severity, proof or input gives another digest."""
        parts = (self.severity, self.facts, self.condition, *sorted(self.inputs.items()), self.proof_kind)
        return sha256(repr((*map(str, parts), self.is_for_reviewers, self.is_recorded)).encode()).hexdigest()[:16]


class RuleForgotten(Exception):
    """No rule of this code and version is known any more; what was judged by it cannot be judged again."""


RULES: tuple[Rule, ...] = (
    Rule(
        code="id_invalid",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="NOT f.is_document_valid",
        inputs={"number": "f.number_masked", "document_type": "f.document_type"},
    ),
    Rule(
        code="name_invalid",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.name_problem IS NOT NULL",
        inputs={"problem": "f.name_problem"},
    ),
    Rule(
        code="not_in_service",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.status <> 'in_service'",
        inputs={"status": "f.status"},
    ),
    Rule(
        code="duplicate_in_list",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.mobile <> '' AND f.namesakes > 1",
        inputs={"count": "f.namesakes"},
    ),
    Rule(
        code="not_yet_working_age",
        severity=Severity.BLOCK,
        version=2,
        facts=PERSON,
        condition="f.coverage_start < f.old_enough_on",
        inputs={"start": "f.coverage_start", "sixteen_on": "f.old_enough_on", "min_age": "f.least_age"},
    ),
    Rule(
        code="over_age",
        severity=Severity.PROOF,
        version=1,
        facts=PERSON,
        condition="f.is_over_age OR (f.is_category_needed AND %(is_final)s)",
        inputs={
            "start": "f.coverage_start",
            "retires_on": "CASE WHEN f.is_over_age THEN f.retires_on ELSE f.earliest_retires_on END",
            "limit_on": "f.limit_on",
            "is_category_unknown": "f.is_category_needed",
        },
        proof_kind=ProofKind.IN_SERVICE_CERTIFICATE,
    ),
    Rule(
        code="over_max_age",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.is_over_max_age",
        inputs={
            "start": "f.coverage_start",
            "limit_on": "least(f.limit_on, f.too_old_on)",
            "retires_on": "f.retires_on",
            "max_age": "f.max_age",
            "is_by_age": "f.too_old_on < f.limit_on",
        },
    ),
    Rule(
        code="category_unknown",
        severity=Severity.WARN,
        version=1,
        facts=PERSON,
        condition="f.is_category_needed",
        inputs={
            "start": "f.coverage_start",
            "earliest_retires_on": "f.earliest_retires_on",
            "retires_on": "f.retires_on",
        },
    ),
    Rule(
        code="gender_not_eligible",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.plan_gender <> '' AND f.gender <> f.plan_gender",
        inputs={"plan_gender": "f.plan_gender"},
    ),
    Rule(
        code="not_on_insurance_list",
        severity=Severity.PROOF,
        version=3,
        facts=PERSON,
        condition="f.lists IS NOT NULL AND NOT f.is_on_list AND NOT f.is_newcomer",
        inputs={
            "lists": "f.lists",
            "employment_form": "CASE WHEN f.is_dispatched THEN 'dispatched' ELSE f.employment_form END",
        },
        proof_kind=ProofKind.DISPATCH_PROOF,
    ),
    Rule(
        code="insurance_list_missing",
        severity=Severity.PROOF,
        version=1,
        facts=APPLICATION,
        condition="f.lists IS NULL",
        inputs={"month": "f.this_month"},
        proof_kind=ProofKind.INSURANCE_ROSTER,
    ),
    Rule(
        code="already_covered",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.is_own_too_far_ahead OR coalesce(f.held_shares, 0) + f.share_count > f.max_shares",
        inputs={
            "is_own": "f.is_own_too_far_ahead",
            "shares": "f.held_shares",
            "requested": "f.share_count",
            "max_shares": "f.max_shares",
            "until": "CASE WHEN f.is_own_too_far_ahead THEN f.coverage_start ELSE f.held_until END",
        },
    ),
    Rule(
        code="on_policy_already",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.is_on_policy",
        inputs={},
    ),
    Rule(
        code="no_time_left",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.coverage_end <= f.coverage_start AND NOT f.is_on_policy",
        inputs={"start": "f.coverage_start", "end": "f.coverage_end"},
    ),
    Rule(
        code="exclusive_plan",
        severity=Severity.BLOCK,
        version=1,
        facts=PERSON,
        condition="f.rival_until IS NOT NULL",
        inputs={"until": "f.rival_until"},
    ),
    Rule(
        code="name_differs",
        severity=Severity.WARN,
        version=1,
        facts=PERSON,
        condition="f.other_name IS NOT NULL",
        inputs={"name": "f.name", "other_name": "f.other_name"},
        is_for_reviewers=True,
    ),
    Rule(
        code="birth_or_gender_differs",
        severity=Severity.WARN,
        version=1,
        facts=PERSON,
        condition="f.other_born_on IS NOT NULL",
        inputs={
            "gender": "f.gender",
            "born_on": "f.born_on",
            "other_gender": "f.other_gender",
            "other_born_on": "f.other_born_on",
        },
        is_for_reviewers=True,
    ),
    Rule(
        code="participation_floor",
        severity=Severity.PROOF,
        version=2,
        facts=PLAN,
        condition="f.joined < f.needed",
        inputs={
            "base": "f.base",
            "joined": "f.joined",
            "needed": "f.needed",
            "ratio": "f.min_participation_ratio::text",
            "is_from_list": "f.is_from_list",
            "lists": "f.lists",
            "is_women": "f.is_women",
            "must_all_join": "f.base < f.all_must_join_below",
        },
        proof_kind=ProofKind.PARTICIPATION_NOTE,
    ),
    Rule(
        code="first_enrolment",
        severity=Severity.INFO,
        version=1,
        facts=PERSON,
        is_recorded=False,
        condition="f.cover_class = 'first'",
        inputs={
            "start": "f.coverage_start",
            "end": "f.coverage_end",
            "waiting_days": "f.waiting_days_first",
        },
    ),
    Rule(
        code="renewal",
        severity=Severity.INFO,
        version=1,
        facts=PERSON,
        is_recorded=False,
        condition="f.cover_class = 'renewal'",
        inputs={
            "start": "f.coverage_start",
            "end": "f.coverage_end",
            "previous_end": "f.previous_end",
            "waiting_days": "f.waiting_days_renewal",
            "added_waiting_days": "f.waiting_days_first",
        },
    ),
    Rule(
        code="lapsed",
        severity=Severity.INFO,
        version=1,
        facts=PERSON,
        is_recorded=False,
        condition="f.cover_class = 'lapse'",
        inputs={
            "start": "f.coverage_start",
            "end": "f.coverage_end",
            "previous_end": "f.previous_end",
            "waiting_days": "f.waiting_days_lapsed",
        },
    ),
    Rule(
        code="gap_risk",
        severity=Severity.WARN,
        version=1,
        facts=PERSON,
        condition="(f.cover_class = 'renewal' AND f.latest_safe_arrival <= %(payment_expected_by)s) "
        "OR (f.cover_class = 'lapse' AND f.reference_on IS NOT NULL AND %(tomorrow)s <= f.previous_end + f.grace_days)",
        inputs={
            "previous_end": "f.previous_end",
            "latest_safe_arrival": "f.latest_safe_arrival",
            "reference_on": "f.reference_on",
            "waiting_days": "f.waiting_days_lapsed",
        },
    ),
    Rule(
        code="gift_not_eligible",
        severity=Severity.WARN,  # blocks the gift only
        version=1,
        facts=GIFT,
        condition="f.reason <> ''",
        inputs={
            "campaign": "f.campaign",
            "kind": "f.kind",
            "reason": "f.reason",
            "is_gift_only": "f.is_gift_only",
            "start": "f.start",
            "for_gender": "f.for_gender",
            "least_age": "f.least_age",
            "most_age": "f.most_age",
            "for_categories": "f.for_categories",
        },
    ),
    Rule(
        code="bound_policy_found",
        severity=Severity.INFO,
        version=1,
        facts=PERSON,
        condition="f.cover_class IN ('first', 'lapse') AND f.unbound_end IS NOT NULL",
        inputs={"until": "f.unbound_end", "start": "f.coverage_start", "waiting_days": "f.waiting_days_renewal"},
    ),
)

VERSIONS = {rule.code: rule.version for rule in RULES}

# Rules as they were before, for the applications judged by them: whoever raises a version puts the old rule here.
FORMER: tuple[Rule, ...] = ()


def get_rules(versions: Mapping[str, int]) -> list[Rule]:
    """
    This function will give the rules of certain versions, whether of today or former.

    :raises RuleForgotten: if one of them is in neither list
    """
    known = {(rule.code, rule.version): rule for rule in (*FORMER, *RULES)}
    try:
        return [known[pair] for pair in versions.items()]
    except KeyError as error:
        code, version = error.args[0]
        raise RuleForgotten(f"规则“{code}”第{version}版已不在程序中。") from error
