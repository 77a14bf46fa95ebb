"""Why people differ between the roster and a month's list: given one by one or in bulk, proved, taken back, carried on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.roster import permissions
from huzhu.roster.differences import DIFFERING, NAME_DIFFERS, REASONS, get_people
from huzhu.roster.merge import lock_roster
from huzhu.roster.models import InsuranceRoster, ReasonCode
from huzhu.roster.typed import PersonRefused
from huzhu.shared.actors import Actor
from huzhu.shared.identity import names

WORDS_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Differing:
    """
    Who is meant on one side: `entry_ids` of people on the roster, `line_ids` of people only on the list, or with `is_everybody` all
    who have no reason yet.
    """

    side: str
    entry_ids: tuple[int, ...] = ()
    line_ids: tuple[int, ...] = ()
    is_everybody: bool = False


class NobodyDiffers(Exception):
    """Nobody was ticked, or the difference is gone by now."""

    def __init__(self) -> None:
        super().__init__("没有可说明的人员：请先勾选；如已勾选，可能差异已经消除，请刷新页面核对。")


_CHOSEN = f"""
{DIFFERING}, chosen AS MATERIALIZED (
    SELECT told.* FROM told
    WHERE side = %(side)s AND CASE WHEN %(everybody)s THEN code = ''
        ELSE entry_id = ANY (%(entries)s) OR (entry_id IS NULL AND line_id = ANY (%(lines)s)) END
)
"""
# The same reason given again keeps its proof and the month it was first given for.
_CHANGE = f"""
WITH {_CHOSEN}
UPDATE roster_differencereason AS r
SET code = %(code)s, words = %(words)s, given_at = %(at)s, given_by_id = %(by)s,
    proof_id = coalesce(%(proof)s::uuid, CASE WHEN r.code = %(code)s THEN r.proof_id END),
    first_month = CASE WHEN r.code = %(code)s THEN r.first_month ELSE %(month)s END
FROM chosen WHERE r.id = chosen.reason_id
"""
# Reasons given for a difference that has become another one make room.
_CLEAR_STALE = f"""
WITH {_CHOSEN}, fresh AS MATERIALIZED (SELECT entry_id, line_id FROM chosen WHERE reason_id IS NULL)
DELETE FROM roster_differencereason AS r
WHERE r.roster_id = %(roster)s
  AND (r.entry_id IN (SELECT entry_id FROM fresh) OR r.line_id IN (SELECT line_id FROM fresh))
"""
_GIVE = f"""
WITH {_CHOSEN}
INSERT INTO roster_differencereason (roster_id, entry_id, line_id, code, words, proof_id, first_month, given_at, given_by_id)
SELECT %(roster)s, entry_id, line_id, %(code)s, %(words)s, %(proof)s, %(month)s, %(at)s, %(by)s
FROM chosen WHERE reason_id IS NULL
"""
_TAKE_BACK = f"WITH {_CHOSEN} DELETE FROM roster_differencereason AS r USING chosen WHERE r.id = chosen.reason_id"
# Differences and earlier reasons meet by a key of what must be the same; grouped, not joined, for the reason told in `DIFFERING`.
_CARRY = f"""
WITH {DIFFERING}, keyed AS (
    SELECT CASE side WHEN 'only_roster' THEN 'roster ' || worker_id WHEN 'only_list' THEN 'list ' || fingerprint
                     ELSE 'name ' || worker_id || ' ' || list_name END AS key,
           entry_id, line_id, NULL::bigint AS reason_id
    FROM differing WHERE side <> 'elsewhere'
    UNION ALL
    SELECT CASE WHEN r.line_id IS NULL THEN 'roster ' || e.worker_id WHEN r.entry_id IS NULL THEN 'list ' || l.fingerprint
                ELSE 'name ' || e.worker_id || ' ' || l.name END,
           NULL, NULL, r.id
    FROM roster_differencereason r
    LEFT JOIN roster_rosterentry e ON e.id = r.entry_id
    LEFT JOIN roster_insurancerosterline l ON l.id = r.line_id
    WHERE r.roster_id = %(earlier)s
), met AS MATERIALIZED (
    SELECT max(entry_id) AS entry_id, max(line_id) AS line_id, max(reason_id) AS reason_id
    FROM keyed GROUP BY key HAVING count(reason_id) > 0 AND count(*) > count(reason_id)
)
INSERT INTO roster_differencereason (roster_id, entry_id, line_id, code, words, proof_id, first_month, given_at, given_by_id)
SELECT %(roster)s, met.entry_id, met.line_id, r.code, r.words, r.proof_id, r.first_month, r.given_at, r.given_by_id
FROM met JOIN roster_differencereason r ON r.id = met.reason_id
"""


@transaction.atomic
def give_reason(
    *,
    insurance_roster_id: int,
    chosen: Differing,
    code: str,
    words: str = "",
    proof: File | None = None,
    by: Actor,
    at: datetime,
) -> int:
    """
    Explain why people differ; this function will return how many it explained. A new reason replaces an earlier one.

    :param proof: a picture or PDF, one for all of them; a reason that asks for it is kept without, and asks on
    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises PersonRefused: if the reason does not fit the side, or needs words
    :raises UploadRefused: if the proof cannot be taken
    :raises NobodyDiffers: if there is nobody to explain
    """
    listed = _lock(insurance_roster_id)
    permissions.check(by, "roster.keep", listed.employer_id)
    rule = REASONS.get(chosen.side, {}).get(code)
    words = words.strip()
    if rule is None:
        raise PersonRefused({"code": ["请选择原因。"]})
    if rule.needs_words and not words:
        raise PersonRefused({"words": ["选“其他”时请写明具体原因。"]})
    if len(words) > WORDS_LONGEST:
        raise PersonRefused({"words": [f"说明最多 {WORDS_LONGEST} 个字，请改短。"]})
    proof_id: UUID | None = None
    if proof is not None:
        proof_id = documents.store_upload(
            upload=proof, kind=FileKind.PROOF, employer_id=listed.employer_id, by=by, at=at
        ).pk
    values = _values(listed, chosen) | {
        "code": code,
        "words": words,
        "proof": proof_id,
        "month": listed.month,
        "at": at,
        "by": by.user_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, values)
        count = cursor.rowcount
        cursor.execute(_CLEAR_STALE, values)
        cursor.execute(_GIVE, values)
        count += cursor.rowcount
    if not count:
        raise NobodyDiffers
    label = f"说明名单差异：{ReasonCode(code).label}"
    _trace(listed, "roster.explain", label=label, side=chosen.side, count=count, by=by, at=at)
    return count


@transaction.atomic
def take_back_reason(*, insurance_roster_id: int, chosen: Differing, by: Actor, at: datetime) -> int:
    """
    Take the reasons of people back; this function will return how many had one.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises NobodyDiffers: if nobody of them has a reason
    """
    listed = _lock(insurance_roster_id)
    permissions.check(by, "roster.keep", listed.employer_id)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, _values(listed, chosen))
        count = cursor.rowcount
    if not count:
        raise NobodyDiffers
    _trace(listed, "roster.unexplain", label="撤回名单差异原因", side=chosen.side, count=count, by=by, at=at)
    return count


@transaction.atomic
def take_names_from_list(*, insurance_roster_id: int, chosen: Differing, by: Actor, at: datetime) -> int:
    """
    Write the list's names into the roster where the names differ; this function will return how many it corrected. Names that are
    none (cut off, with digits) are left as they are.

    :raises permissions.NotPermitted: if `by` may not maintain this roster
    :raises NobodyDiffers: if there is nobody to correct
    """
    listed = InsuranceRoster.objects.get(pk=insurance_roster_id)
    permissions.check(by, "roster.keep", listed.employer_id)
    lock_roster(employer_id=listed.employer_id)
    people = get_people(insurance_roster_id=listed.pk, side=NAME_DIFFERS)
    wanted = [
        (person.entry_id, person.list_name)
        for person in people
        if (person.entry_id in chosen.entry_ids or (chosen.is_everybody and not person.code))
        and _is_name(person.list_name)
    ]
    if not wanted:
        raise NobodyDiffers
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE roster_rosterentry AS e SET name = given.name, name_initials = given.initials, changed_at = %s "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given (id, name, initials) WHERE e.id = given.id",
            [
                at,
                [entry_id for entry_id, _ in wanted],
                [name for _, name in wanted],
                [names.initials(name)[:50] for _, name in wanted],
            ],
        )
    label = "按社保/医保名单更正姓名"
    _trace(listed, "roster.names_from_list", label=label, side=NAME_DIFFERS, count=len(wanted), by=by, at=at)
    return len(wanted)


def carry_reasons(*, insurance_roster: InsuranceRoster) -> int:
    """
    Take over from the latest earlier list of the same kind the reasons of everybody whose difference is still the same, in the
    caller's transaction; this function will return how many.
    """
    earlier = (
        InsuranceRoster.objects.filter(
            employer_id=insurance_roster.employer_id, kind=insurance_roster.kind, month__lte=insurance_roster.month
        )
        .exclude(pk=insurance_roster.pk)
        .order_by("-month", "-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if earlier is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_CARRY, {"roster": insurance_roster.pk, "earlier": earlier})
        return cursor.rowcount


def _lock(insurance_roster_id: int) -> InsuranceRoster:
    return InsuranceRoster.objects.select_for_update(of=("self",)).defer("errors").get(pk=insurance_roster_id)


def _values(listed: InsuranceRoster, chosen: Differing) -> dict[str, Any]:
    return {
        "roster": listed.pk,
        "side": chosen.side,
        "entries": list(chosen.entry_ids),
        "lines": list(chosen.line_ids),
        "everybody": chosen.is_everybody,
    }


def _is_name(text: str) -> bool:
    try:
        return names.check_name(text) == text
    except names.NameRefused:
        return False


def _trace(listed: InsuranceRoster, event: str, *, label: str, side: str, count: int, by: Actor, at: datetime) -> None:
    listed.explained_at = at
    listed.save(update_fields=["explained_at"])
    audit.record(event, subject=listed, label=label, by=by, at=at, details={"side": side, "people": count})
