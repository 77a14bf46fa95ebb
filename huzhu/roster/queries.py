"""Questions about rosters that need more than a queryset method."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from uuid import UUID

import polars as pl
from django.db import connection
from django.db.models import Count, Q, QuerySet, Value

from huzhu.roster import problems
from huzhu.roster.merge import DOCUMENT_PURPOSE
from huzhu.roster.models import (
    DocumentReplacement,
    EmploymentStatus,
    InsuranceRoster,
    RosterEntry,
    RosterImport,
    WorkerDocument,
)
from huzhu.shared import seals
from huzhu.shared.actors import Actor
from huzhu.shared.identity import columns, documents
from huzhu.shared.identity.names import normalise_name

PAGE = 100
NO_DEPARTMENT = "-"  # the filter's word for people without one


@dataclass(frozen=True, kw_only=True)
class RosterFilter:
    """What a roster list is narrowed to; empty means all. Stands in the address, so it holds nothing personal."""

    status: str = ""
    department: str = ""
    job_category: str = ""
    employment_form: str = ""
    problem: str = ""  # a key of `roster.problems.PROBLEMS`

    def apply(self, entries: QuerySet[RosterEntry]) -> QuerySet[RosterEntry]:
        """The entries that fit all but the problem, which needs a day (`get_people`)."""
        wanted = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) and f.name != "problem"}
        return entries.filter(**{key: "" if value == NO_DEPARTMENT else value for key, value in wanted.items()})


def get_people(*, employer_id: int, filters: RosterFilter, today: date) -> QuerySet[RosterEntry]:
    """
    This function will give the people of one employer that fit the filters, each by the latest spell; problems are those of today.
    """
    entries = filters.apply(RosterEntry.objects.filter(employer_id=employer_id).latest_spells())
    if not filters.problem:
        return entries
    is_about_list = filters.problem == "not_on_list"
    list_ids = problems.get_current_list_ids(employer_id=employer_id, today=today) if is_about_list else []
    return entries.filter(
        problems.get_condition(filters.problem, today=today, employer_id=employer_id, list_ids=list_ids)
    )


@dataclass(frozen=True, kw_only=True)
class RosterPage:
    """One page of a list, with the ids after and before which the next and the previous page lie."""

    entries: list[RosterEntry]
    after: int | None
    before: int | None


def get_roster(
    *,
    by: Actor,
    filters: RosterFilter,
    today: date | None = None,
    after: int | None = None,
    before: int | None = None,
    without: QuerySet | None = None,
    limit: int = PAGE,
) -> RosterPage:
    """
    This function will give one page of the roster in the order of pinyin initials, in at most three statements.

    :param today: the day for which problems are judged; without it the filters' problem is left aside
    :param after: id of the last entry of the page before; `before` the first of the page after
    :param without: ids of workers who are left out
    """
    if by.employer_id and today:
        entries = get_people(employer_id=by.employer_id, filters=filters, today=today)
    else:
        entries = filters.apply(RosterEntry.objects.visible_to(by).latest_spells())
    if without is not None:
        entries = entries.exclude(worker_id__in=without)
    anchor = after if after is not None else before
    key = RosterEntry.objects.visible_to(by).filter(pk=anchor or 0).values_list("name_initials", flat=True).first()
    if key is None:
        rows = _first(entries, limit + 1, status=filters.status)
        return _page(rows[:limit], more_after=len(rows) > limit, more_before=False)
    if after is not None:
        later = entries.filter(Q(name_initials__gt=key) | Q(name_initials=key, pk__gt=anchor), name_initials__gte=key)
        rows = _first(later, limit + 1, status=filters.status)
        return _page(rows[:limit], more_after=len(rows) > limit, more_before=True)
    earlier = entries.filter(Q(name_initials__lt=key) | Q(name_initials=key, pk__lt=anchor), name_initials__lte=key)
    rows = _first(earlier, limit + 1, status=filters.status, backwards=True)
    return _page(rows[:limit][::-1], more_after=True, more_before=len(rows) > limit)


def _first(entries: QuerySet[RosterEntry], limit: int, *, status: str, backwards: bool = False) -> list[RosterEntry]:
    """
    The first entries with their documents. Which they are is found in the index `roster_list` alone, before anything is joined: it
    is in the order of the list within each status, so all statuses together are as many short walks through it.

    No other order is offered: none has an index that pages by key, and every further index is paid for by every import.
    """
    order = ("-name_initials", "-pk") if backwards else ("name_initials", "pk")
    keys = entries.values_list("name_initials", "pk")
    walks = [
        keys.filter(status=each).order_by(*order)[:limit] for each in ([status] if status else EmploymentStatus.values)
    ]
    found = walks[0].union(*walks[1:], all=True).order_by(*order)[:limit] if len(walks) > 1 else walks[0]
    ids = [entry_id for _, entry_id in found]
    known = RosterEntry.objects.select_related("document").in_bulk(ids)
    return [known[entry_id] for entry_id in ids if entry_id in known]


def _page(rows: Sequence[RosterEntry], *, more_after: bool, more_before: bool) -> RosterPage:
    return RosterPage(
        entries=list(rows),
        after=rows[-1].pk if rows and more_after else None,
        before=rows[0].pk if rows and more_before else None,
    )


def search_roster(*, by: Actor, words: str, limit: int = PAGE) -> list[RosterEntry]:
    """
    This function will find people, whatever their status, by a part of the name, by pinyin initials, or by a whole document
    number the employer itself has given; the number is compared by fingerprint and never written anywhere. What others know of a
    person's documents finds nobody.
    """
    words = normalise_name(words)
    if not words:
        return []
    own = RosterEntry.objects.visible_to(by)
    wanted = Q(name__icontains=words)
    if words.isascii() and words.replace(" ", "").isalpha():
        wanted |= Q(name_initials__startswith=words.replace(" ", "").lower())
    if prints := get_fingerprints(number=words):
        holders = own.filter(document__fingerprint__in=prints).values("worker_id")
        given = Q(document__fingerprint__in=prints) | Q(wrong_fingerprint__in=prints)
        replaced = DocumentReplacement.objects.filter(given, employer_id=by.employer_id or 0)
        wanted |= Q(worker_id__in=holders) | Q(worker_id__in=replaced.values("entry__worker_id"))
    entries = own.latest_spells().select_related("document")
    return list(entries.filter(wanted).order_by("left_on", "name_initials", "id")[:limit])


def get_known_document(*, employer_id: int, worker_id: int, masked: str) -> WorkerDocument | None:
    """
    This function will give the document that an employer knows a person by and that a list shows so masked, present or replaced;
    None if it knows none such. What others know of a person's documents stands nowhere on its papers.
    """
    entries = RosterEntry.objects.filter(employer_id=employer_id, worker_id=worker_id).select_related("document")
    replaced = DocumentReplacement.objects.filter(employer_id=employer_id, entry__worker_id=worker_id)
    known = [entry.document for entry in entries.order_by("-id")]
    known += [each.document for each in replaced.select_related("document").order_by("-id")]
    return next((document for document in known if document.number_masked == masked), None)


def get_fingerprints(*, number: str) -> list[UUID]:
    """
    This function will give the fingerprints a typed number can have, one for each kind of document it looks like.
    """
    tidied = pl.select(columns.document_number(pl.lit(number))).item()
    kinds = [kind for kind in documents.DOCUMENT_TYPES.values() if re.search(kind.pattern, tidied)]
    keys = [documents.comparison_key(document_type=kind.code, number=tidied) for kind in kinds]
    return list(seals.fingerprint_many(keys, purpose=DOCUMENT_PURPOSE))


def get_status_counts(*, by: Actor, filters: RosterFilter | None = None) -> dict[str, int]:
    """
    This function will count the people of the roster by the status of their latest spell, in one statement.

    :param filters: narrow the count as the list, but for its status and problem
    """
    entries = replace(filters or RosterFilter(), status="").apply(RosterEntry.objects.visible_to(by).latest_spells())
    rows = entries.values_list("status").annotate(count=Count("pk")).order_by("status")
    return dict(rows)


@dataclass(frozen=True, kw_only=True)
class Facets:
    """
    How many people of the list's status each department, job category and form of employment has; how many in service each problem.
    """

    department: dict[str, int] = field(default_factory=dict)
    job_category: dict[str, int] = field(default_factory=dict)
    employment_form: dict[str, int] = field(default_factory=dict)
    problem: dict[str, int] = field(default_factory=dict)


_FACETS = """
SELECT department, job_category, employment_form, grouping(department, job_category, employment_form), count(*)
FROM roster_rosterentry AS e
WHERE employer_id = %(employer)s AND (%(status)s = '' OR status = %(status)s)
  AND (left_on IS NULL OR NOT EXISTS (
      SELECT FROM roster_rosterentry AS later
      WHERE later.employer_id = e.employer_id AND later.worker_id = e.worker_id AND later.id > e.id))
GROUP BY GROUPING SETS ((department), (job_category), (employment_form)) ORDER BY 1, 2, 3
"""


def get_facets(*, by: Actor, today: date, status: str = EmploymentStatus.IN_SERVICE) -> Facets:
    """
    This function will count the people by what the list can be narrowed to, in three statements.

    :param status: of the list, by the latest spell; empty for everybody. Problems are those of people in service
    """
    found = Facets()
    with connection.cursor() as cursor:
        cursor.execute(_FACETS, {"employer": by.employer_id, "status": status})
        for department, job_category, employment_form, grouping, count in cursor.fetchall():
            if grouping == 0b011:
                found.department[department] = count
            elif grouping == 0b101:
                found.job_category[job_category] = count
            else:
                found.employment_form[employment_form] = count
    employer_id = by.employer_id or 0
    list_ids = problems.get_current_list_ids(employer_id=employer_id, today=today)
    in_service = RosterEntry.objects.filter(employer_id=employer_id, left_on__isnull=True)
    having = [
        in_service.filter(problems.get_condition(code, today=today, employer_id=employer_id, list_ids=list_ids))
        .annotate(code=Value(code))
        .values("code")
        .annotate(people=Count("pk"))
        .values_list("code", "people")
        for code in problems.PROBLEMS
    ]
    found.problem.update(dict.fromkeys(problems.PROBLEMS, 0) | dict(having[0].union(*having[1:], all=True)))
    return found


def get_departments(*, by: Actor) -> list[str]:
    """
    This function will give the departments of the people in service.
    """
    entries = RosterEntry.objects.visible_to(by).filter(left_on__isnull=True).exclude(department="")
    return list(entries.values_list("department", flat=True).distinct().order_by("department"))


def get_imports(*, by: Actor, limit: int = 10) -> list[RosterImport]:
    """
    This function will give the latest imports without their errors and repairs.
    """
    return list(RosterImport.objects.visible_to(by).defer("errors", "repairs").order_by("-id")[:limit])


def get_insurance_rosters(*, by: Actor, limit: int = 24) -> list[InsuranceRoster]:
    """
    This function will give the latest uploaded 社保/医保 lists, latest month first.
    """
    return list(InsuranceRoster.objects.visible_to(by).defer("errors").order_by("-month", "-id")[:limit])


def count_listed(*, lists: Sequence[InsuranceRoster]) -> int:
    """
    This function will count the people of 社保/医保 lists, each once; rows without a usable number are somebody too.
    """
    if len(lists) < 2:
        return sum(each.people for each in lists)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_LISTED, {"lists": [each.pk for each in lists]})
        (count,) = cursor.fetchone() or (0,)
    return int(count) + sum(each.failed - each.repeated for each in lists)


_COUNT_LISTED = """
SELECT count(*) FROM (
    SELECT FROM roster_insurancerosterline AS line
    LEFT JOIN roster_workerdocument AS held ON held.fingerprint = line.fingerprint
    WHERE line.roster_id = ANY (%(lists)s)
    GROUP BY held.worker_id, CASE WHEN held.worker_id IS NULL THEN line.fingerprint END
) AS each_person
"""
