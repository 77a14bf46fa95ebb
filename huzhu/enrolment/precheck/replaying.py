"""
按当时规则重演: the rules of a judgement's own versions, run again on the facts it kept, and the findings compared.

Nothing of today is read: not the roster, not the cover, not the plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q

from huzhu.enrolment.models import EnrolmentApplication, JudgedPart, Judgement
from huzhu.enrolment.precheck.freezing import FINDINGS, NOBODY, open_part
from huzhu.enrolment.precheck.registry import GIFT, PERSON, get_rules

MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One finding that only one side has: kept then, or made now."""

    is_kept: bool
    code: str
    severity: str
    version: int
    plan_id: int | None  # of the application
    member_id: int | None
    name: str
    number_masked: str
    inputs: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What came of judging again: how many findings each side has, and those that only one has (the first of them)."""

    judgement: Judgement
    is_latest: bool  # compared with the findings as they stand; an earlier run with those it kept
    kept: int
    made: int
    difference_count: int
    differences: list[Difference]

    @property
    def is_equal(self) -> bool:
        """Test if both sides have the same findings with the same inputs."""
        return self.difference_count == 0


@contextmanager
def thawed(judgement: Judgement, *, worker_id: int | None = None) -> Iterator[CursorWrapper]:
    """
    This function will give a cursor that reads the kept facts and findings as tables, which are gone at the end.

    :param worker_id: only this person's rows, and those about nobody in particular
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table, columns in judgement.columns.items():
            declared = ", ".join(f'"{name}" {kind}' for name, kind in columns)
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ({declared}) ON COMMIT DROP")
        parts = JudgedPart.objects.filter(judgement=judgement)
        if worker_id is not None:
            parts = parts.filter(Q(first_worker=NOBODY) | Q(first_worker__lte=worker_id, last_worker__gte=worker_id))
        for key in list(parts.values_list("pk", flat=True)):
            part = JudgedPart.objects.get(pk=key)  # one at a time: a large application has hundreds
            with cursor.copy(f"COPY {part.table} FROM STDIN") as copy:
                copy.write(open_part(sealed=part.sealed, seal_id=part.seal_id))
        if worker_id is not None:
            for table in {PERSON, GIFT, FINDINGS} & judgement.columns.keys():
                cursor.execute(f"DELETE FROM {table} WHERE worker_id NOT IN (%s, {NOBODY})", [worker_id])
        yield cursor
        cursor.execute(f"DROP TABLE {', '.join(judgement.columns)}")


def get_parameters(judgement: Judgement) -> dict[str, Any]:
    """This function will give the parameters a judgement was made with, days as days."""
    return {
        name: date.fromisoformat(value) if isinstance(value, str) else value
        for name, value in judgement.parameters.items()
    }


def is_standing(judgement: Judgement) -> bool:
    """Test if the findings of the application are still those of this run."""
    later = Judgement.objects.filter(application=judgement.application_id, pk__gt=judgement.pk)
    checked = EnrolmentApplication.objects.filter(pk=judgement.application_id, checked_at=judgement.judged_at)
    return checked.exists() and not later.exists()


def replay(*, judgement: Judgement) -> Replay:
    """
    This function will run the rules of the recorded versions on the kept facts and compare: the last run of an application with
    its findings as they stand, the classes included; an earlier one with the findings it kept.

    :raises RuleForgotten: if one of the rules is not known any more
    :raises SealBroken: if what was kept was changed
    """
    is_latest = is_standing(judgement)
    rules = [rule for rule in get_rules(judgement.rule_versions) if is_latest or rule.is_recorded]
    params = get_parameters(judgement)
    made = " UNION ALL ".join(rule.sql() for rule in rules)
    kept = STANDING if is_latest else KEPT
    with thawed(judgement) as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE replayed ({COLUMNS}) ON COMMIT DROP")
        cursor.execute(f"INSERT INTO replayed {made}", params)
        cursor.execute(f"CREATE TEMPORARY TABLE stood ON COMMIT DROP AS {kept}", params)
        cursor.execute(COMPARE, {**params, "limit": MOST_SHOWN})
        rows = cursor.fetchall()
        cursor.execute("SELECT (SELECT count(*) FROM stood), (SELECT count(*) FROM replayed)")
        counts = cursor.fetchone()
        cursor.execute("DROP TABLE replayed, stood")
    return Replay(
        judgement=judgement,
        is_latest=is_latest,
        kept=counts[0],
        made=counts[1],
        difference_count=rows[0][-1] if rows else 0,
        differences=[_difference(row) for row in rows],
    )


def _difference(row: tuple[Any, ...]) -> Difference:
    is_kept, plan_id, member_id, code, severity, version, inputs, name, number_masked, _ = row
    return Difference(
        is_kept=is_kept,
        code=code,
        severity=severity,
        version=version,
        plan_id=plan_id,
        member_id=member_id,
        name=name or "",
        number_masked=number_masked or "",
        inputs=json.loads(inputs),
    )


COLUMNS = (
    "application_id bigint, application_plan_id bigint, member_id bigint, code text, severity text, rule_version smallint, "
    "proof_kind text, inputs jsonb, is_for_reviewers boolean"
)
_FIELDS = (
    "application_plan_id, member_id, code::text, severity::text, rule_version::smallint, proof_kind::text, inputs, "
    "is_for_reviewers"
)
STANDING = f"SELECT {_FIELDS} FROM enrolment_shownfinding WHERE application_id = %(application)s"
KEPT = f"SELECT {_FIELDS} FROM {FINDINGS}"
COMPARE = f"""
WITH made AS (SELECT {_FIELDS} FROM replayed),
only_one AS (
    SELECT true AS is_kept, gone.* FROM (SELECT * FROM stood EXCEPT ALL SELECT * FROM made) AS gone
    UNION ALL
    SELECT false, fresh.* FROM (SELECT * FROM made EXCEPT ALL SELECT * FROM stood) AS fresh
)
SELECT only_one.is_kept, only_one.application_plan_id, only_one.member_id, only_one.code, only_one.severity,
       only_one.rule_version, only_one.inputs, person.name, person.number_masked, count(*) OVER ()
FROM only_one LEFT JOIN {PERSON} AS person ON person.member_id = only_one.member_id
ORDER BY person.name, only_one.member_id, only_one.code, only_one.is_kept DESC LIMIT %(limit)s
"""
