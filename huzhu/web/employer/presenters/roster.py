"""Roster rows and results in the words and shapes the pages show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from huzhu.roster import problems as problems_of_people
from huzhu.roster.files import problems
from huzhu.roster.files.repairs import lines_of
from huzhu.roster.histories import Happened, PersonHistory
from huzhu.roster.models import (
    BulkOutcome,
    EmploymentForm,
    EmploymentStatus,
    JobCategory,
    RosterEntry,
    RosterImport,
    WorkerDocument,
)
from huzhu.roster.typed import CHANGEABLE, STATED, get_stated
from huzhu.shared.actors import Actor
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS
from huzhu.ui.parts import HistoryRow, Tab
from huzhu.ui.values import mask_mobile

STATUS_TONES = {
    EmploymentStatus.IN_SERVICE: "done",
    EmploymentStatus.LEFT: "quiet",
    EmploymentStatus.RETIRED: "info",
    EmploymentStatus.TRANSFERRED: "quiet",
}


@dataclass(frozen=True)
class Row:
    """One person of the list."""

    entry: RosterEntry
    gender: str
    document_type: str
    is_birthday_stated: bool
    tone: str
    lacks_category: bool
    url: str
    edit_url: str


def row(entry: RosterEntry, *, back: str = "") -> Row:
    """
    A person as the list shows it; a woman in service without a job category is marked, her retirement age depends on it. `back` are
    the list's filters, to which the row's own page leads back.
    """
    woman = entry.gender == "female"
    return Row(
        entry=entry,
        gender=GENDERS[entry.gender],
        document_type=DOCUMENT_TYPES[entry.document.document_type].label,
        is_birthday_stated="born_on" in get_stated(entry.document.document_type),
        tone=STATUS_TONES[EmploymentStatus(entry.status)],
        lacks_category=woman and not entry.job_category and entry.left_on is None,
        url=reverse("employer:roster-person", args=[entry.pk]),
        edit_url=reverse("employer:roster-row", args=[entry.pk]) + (f"?{back}" if back else ""),
    )


def status_tabs(*, counts: dict[str, int], current: str, path: str, others: Mapping[str, str]) -> list[Tab]:
    """The tabs 在职, 离职, 退休, 调出, 全部 with their counts; `others` are the filters that stay, whichever is pressed."""

    def tab(value: str, label: str, count: int, *, is_current: bool) -> Tab:
        return Tab(label=label, url=f"{path}?{urlencode({'status': value, **others})}", current=is_current, count=count)

    tabs = [
        tab(value, label, counts.get(value, 0), is_current=current == value)
        for value, label in EmploymentStatus.choices
    ]
    return [*tabs, tab("all", "全部", sum(counts.values()), is_current=not current)]


@dataclass(frozen=True)
class Chip:
    """One problem with the number of people who have it; pressed again it is taken back."""

    label: str
    count: int
    url: str
    current: bool


def problem_chips(counts: dict[str, int], *, current: str, path: str) -> list[Chip]:
    """The problems that somebody has, and the chosen one."""
    return [
        Chip(
            label=label,
            count=counts[code],
            url=path if code == current else f"{path}?problem={code}",
            current=code == current,
        )
        for code, label in problems_of_people.PROBLEMS.items()
        if counts[code] or code == current
    ]


def problem_words(code: str) -> str:
    """What to do about the chosen problem."""
    return problems_of_people.REMEDIES.get(code, "")


@dataclass(frozen=True)
class BulkRow:
    """One person of an act on many, and what became of it."""

    row: Row
    outcome: str
    tone: str


BULK_TONES = {
    BulkOutcome.CHANGED: "done",
    BulkOutcome.UNCHANGED: "quiet",
    BulkOutcome.ENDED: "stops",
    BulkOutcome.EARLIER: "stops",
    BulkOutcome.UNDER_AGE: "stops",
}


def bulk_rows(outcomes: Sequence[tuple[int, str]], *, by: Actor) -> list[BulkRow]:
    """A page of outcomes with their people, in one statement."""
    entries = RosterEntry.objects.visible_to(by).select_related("document")
    known = entries.in_bulk([entry_id for entry_id, _ in outcomes])
    return [
        BulkRow(row=row(known[entry_id]), outcome=BulkOutcome(code).label, tone=BULK_TONES[BulkOutcome(code)])
        for entry_id, code in outcomes
        if entry_id in known
    ]


@dataclass(frozen=True)
class Kind:
    """One kind of error in a file: how often, and how to mend it."""

    code: str
    headline: str
    column: str
    count: int
    remedy: str


def kinds(record: RosterImport) -> list[Kind]:
    """The errors of an import by kind, the most frequent first."""
    counts = Counter(error["code"] for error in record.errors)
    first: dict[str, dict[str, str]] = {}
    for error in record.errors:
        first.setdefault(error["code"], error)
    return [
        Kind(code, problems.headline(code), first[code]["column"], count, first[code]["remedy"])
        for code, count in counts.most_common()
    ]


@dataclass(frozen=True)
class RepairKind:
    """One way of repair in a column: how often, and one example."""

    column: str
    how: str
    count: int
    before: str
    after: str


@dataclass(frozen=True)
class Repair:
    """What was put right in one cell; personal values are masked."""

    row: int
    column: str
    how: str
    before: str
    after: str


def repair_kinds(record: RosterImport) -> list[RepairKind]:
    """The repairs of an import by kind, the most frequent first."""
    return [
        RepairKind(group["column"], group["how"], len(group["rows"]), group["before"][0], group["after"][0])
        for group in record.repairs
    ]


def repairs(record: RosterImport) -> list[Repair]:
    """The repairs of an import in the order of the file."""
    return [Repair(*line) for line in lines_of(record.repairs)]


FIELDS = {
    "name": "姓名",
    "document_id": "证件",
    "gender": "性别",
    "born_on": "出生日期",
    "mobile": "手机号",
    "job_category": "岗位类别",
    "employment_form": "用工形式",
    "department": "部门",
    "note": "备注",
    "status": "状态",
    "joined_on": "入册日期",
    "left_on": "离开日期",
}
_CODES = {
    "gender": GENDERS,
    "job_category": dict(JobCategory.choices),
    "employment_form": dict(EmploymentForm.choices),
    "status": dict(EmploymentStatus.choices),
}


def history(known: PersonHistory, *, hides_birthday: bool) -> list[HistoryRow]:
    """
    What happened to a person, newest first, each change with old and new in plain words.

    :param hides_birthday: where it is a part of the number, which the page masks
    """
    return [
        HistoryRow(at=each.at, who=each.who, what=_sentence(each, known.documents, hides_birthday), reason=each.reason)
        for each in known.happened
    ]


def _sentence(each: Happened, documents: Mapping[int, WorkerDocument], hides_birthday: bool) -> str:
    parts = [
        f"{FIELDS[field]}已变更"
        if field == "born_on" and hides_birthday
        else f"{FIELDS[field]} {_shown(field, before, documents)} → {_shown(field, after, documents)}"
        for field, (before, after) in sorted(each.changes.items(), key=lambda item: list(FIELDS).index(item[0]))
    ]
    if each.begins:
        parts.insert(0, "列入名册")
    return f"{each.label}：{'；'.join(parts)}" if parts else each.label


def _shown(field: str, value: object, documents: Mapping[int, WorkerDocument]) -> str:
    if value in (None, ""):
        return "未填"
    if field == "document_id":
        document = documents[int(str(value))]
        return f"{DOCUMENT_TYPES[document.document_type].label} {document.number_masked}"
    if field == "mobile":
        return mask_mobile(str(value))
    return _CODES[field].get(str(value), str(value)) if field in _CODES else str(value)


def stands_now(entry: RosterEntry, typed: Mapping[str, object]) -> str:
    """What stands in the roster now where it differs from what was typed."""
    parts = [
        f"{FIELDS[field]}“{_shown(field, getattr(entry, field), {})}”"
        for field in (*CHANGEABLE, *(field for field in STATED if field in typed))
        if str(typed.get(field, "")).strip() != str(getattr(entry, field))
    ]
    return f"现在登记的是：{'、'.join(parts)}。再次保存将以您填写的为准。" if parts else "现在登记的与您填写的相同。"


@dataclass(frozen=True)
class FormerDocument:
    """A document a person had before, masked."""

    document_type: str
    number_masked: str
    is_wrong: bool
    until: datetime
    reason: str


def former_documents(known: PersonHistory) -> list[FormerDocument]:
    """The documents this employer gave before, newest first."""
    return [
        FormerDocument(
            document_type=DOCUMENT_TYPES[each.document.document_type].label,
            number_masked=each.document.number_masked,
            is_wrong=each.is_wrong,
            until=each.replaced_at,
            reason=each.reason,
        )
        for each in known.replaced
    ]
