"""Changing the lists of codes: each change is a further version of an entry; nothing said before changes its words."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.code_lists import permissions, queries
from huzhu.code_lists.models import EntryVersion
from huzhu.code_lists.rules import CODE, LAST_PLACE, STEP, CodeList, Entry
from huzhu.shared import locks
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date, start_of_day


class ChangeRefused(ValueError):
    """The list cannot be changed like this; the words say what to do."""


class EntryConflict(ValueError):
    """Somebody else changed the entry meanwhile; `now` is what it says by now."""

    def __init__(self, now: Entry) -> None:
        super().__init__("该字典项刚被他人修改。")
        self.now = now


@transaction.atomic
def add_entry(
    *,
    code_list: CodeList,
    words: str,
    reason: str,
    by: Actor,
    at: datetime,
    code: str = "",
    place: int | None = None,
    from_day: date | None = None,
) -> EntryVersion:
    """
    This function will add an entry to an open list; without a code it gets the next free one, without a place the last.

    :raises permissions.NotPermitted: if the actor may not
    :raises ChangeRefused: if the list is not open, the code is taken or badly written, or the words will not do
    """
    _begin(code_list, by)
    if not code_list.is_open:
        raise ChangeRefused(f"“{code_list.label}”的代码由办理规则决定，不能新增。")
    taken = _get_latest(code_list, at=at)
    if code and not CODE.fullmatch(code):
        raise ChangeRefused("代码为 2 至 30 位小写字母、数字或下划线，以字母开头；不填由系统编号。")
    if code in taken:
        raise ChangeRefused(f"代码 {code} 已被“{taken[code].words}”使用（含已停用的），请换一个，或恢复原来的字典项。")
    entry = Entry(
        code=code or next(name for n in range(1, len(taken) + 2) if (name := f"item_{n}") not in taken),
        words=_read_words(code_list, words, taken=taken, code=code),
        place=_read_place(place if place is not None else max((e.place for e in taken.values()), default=0) + STEP),
    )
    return _write(code_list, entry, "add_entry", "新增字典项", before="", reason=reason, day=from_day, by=by, at=at)


@transaction.atomic
def change_entry(
    *,
    code_list: CodeList,
    code: str,
    words: str,
    place: int,
    reason: str,
    seen: int,
    by: Actor,
    at: datetime,
    from_day: date | None = None,
) -> EntryVersion:
    """
    This function will give an entry other words or another place, from now or from the beginning of a later day on.

    :param seen: number of the version that was on the screen
    :raises permissions.NotPermitted: if the actor may not
    :raises EntryConflict: if there is a later version by now
    :raises ChangeRefused: if the list is fixed, nothing changes, or words or place will not do
    """
    _begin(code_list, by)
    before, taken = _get_seen(code_list, code, seen=seen, at=at)
    entry = Entry(
        code=code,
        words=_read_words(code_list, words, taken=taken, code=code),
        place=_read_place(place),
        is_closed=before.is_closed,
    )
    if (entry.words, entry.place) == (before.words, before.place):
        raise ChangeRefused("文字和顺序都没有变化。")
    label = "修改字典项"
    return _write(
        code_list, entry, "change_entry", label, before=before.words, reason=reason, day=from_day, by=by, at=at
    )


@transaction.atomic
def close_entry(*, code_list: CodeList, code: str, reason: str, seen: int, by: Actor, at: datetime) -> EntryVersion:
    """
    This function will stop offering an entry; records that have it still read it.

    :raises permissions.NotPermitted: if the actor may not
    :raises EntryConflict: if there is a later version by now
    :raises ChangeRefused: if the list is not open, the entry is closed, or it is the last one offered
    """
    return _offer(code_list, code, is_closed=True, reason=reason, seen=seen, by=by, at=at)


@transaction.atomic
def reopen_entry(*, code_list: CodeList, code: str, reason: str, seen: int, by: Actor, at: datetime) -> EntryVersion:
    """
    This function will offer a closed entry again.

    :raises permissions.NotPermitted: if the actor may not
    :raises EntryConflict: if there is a later version by now
    :raises ChangeRefused: if the entry is not closed, or another one says the same by now
    """
    return _offer(code_list, code, is_closed=False, reason=reason, seen=seen, by=by, at=at)


def _offer(
    code_list: CodeList, code: str, *, is_closed: bool, reason: str, seen: int, by: Actor, at: datetime
) -> EntryVersion:
    _begin(code_list, by)
    if not code_list.is_open:
        raise ChangeRefused(f"“{code_list.label}”的代码由办理规则决定，不能停用。")
    before, taken = _get_seen(code_list, code, seen=seen, at=at)
    if before.is_closed == is_closed:
        raise ChangeRefused("该字典项已停用。" if is_closed else "该字典项没有停用。")
    if is_closed and not any(not each.is_closed for each in taken.values() if each.code != code):
        raise ChangeRefused("这是最后一个可选的字典项，请先新增其他项再停用。")
    words = before.words if is_closed else _read_words(code_list, before.words, taken=taken, code=code)
    entry = Entry(code=code, words=words, place=before.place, is_closed=is_closed)
    event, label = ("close_entry", "停用字典项") if is_closed else ("reopen_entry", "恢复字典项")
    return _write(code_list, entry, event, label, before=words, reason=reason, day=None, by=by, at=at)


def _begin(code_list: CodeList, by: Actor) -> None:
    locks.lock("code_list", code_list.key)
    permissions.check(by, "code_list.keep", None)
    queries.forget()  # what was read before the lock may be old
    if code_list.is_fixed:
        raise ChangeRefused(f"“{code_list.label}”由程序和文件模板固定，不能修改。")


def _get_latest(code_list: CodeList, *, at: datetime) -> dict[str, Entry]:
    """Every entry as its last version says, whether that holds yet or not."""
    coming = queries.get_coming(code_list, at=at)
    return {entry.code: entry for entry in queries.get_entries(code_list, at=at)} | {
        code: version.entry for code, version in coming.items()
    }


def _get_seen(code_list: CodeList, code: str, *, seen: int, at: datetime) -> tuple[Entry, dict[str, Entry]]:
    taken = _get_latest(code_list, at=at)
    if code not in taken:
        raise ChangeRefused("没有这个字典项。")
    if taken[code].number != seen:
        raise EntryConflict(taken[code])
    return taken[code], taken


def _read_words(code_list: CodeList, words: str, *, taken: dict[str, Entry], code: str) -> str:
    words = " ".join(words.split())
    if not words or len(words) > code_list.longest:
        raise ChangeRefused(f"请填写文字，最多 {code_list.longest} 字。")
    if not words.isprintable():
        raise ChangeRefused("文字含有看不见的字符，请重新输入。")
    if any(each.words == words and not each.is_closed for each in taken.values() if each.code != code):
        raise ChangeRefused(f"“{words}”已在列表中，请直接使用，或换一种说法。")
    return words


def _read_place(place: int) -> int:
    if not 0 <= place <= LAST_PLACE:
        raise ChangeRefused(f"顺序为 0 至 {LAST_PLACE} 的整数，小的排在前面。")
    return place


def _write(
    code_list: CodeList,
    entry: Entry,
    event: str,
    label: str,
    *,
    before: str,
    reason: str,
    day: date | None,
    by: Actor,
    at: datetime,
) -> EntryVersion:
    reason = " ".join(reason.split())
    if not reason:
        raise ChangeRefused("请填写原因，如文件名称和文号。")
    if day is not None and day < local_date(at):
        raise ChangeRefused("生效日期不能早于今天：此前的记录保持当时的文字。")
    version = EntryVersion.objects.create(
        list_key=code_list.key,
        code=entry.code,
        number=EntryVersion.objects.filter(list_key=code_list.key, code=entry.code).count() + 1,
        words=entry.words,
        place=entry.place,
        is_closed=entry.is_closed,
        valid_from=at if day is None or day == local_date(at) else start_of_day(day),
        reason=reason[:200],
        made_at=at,
        made_by_id=by.user_id,
        made_by_name=by.name,
    )
    queries.forget()
    audit.record(
        f"code_lists.{event}",
        label=f"{label}：{code_list.label}",
        subject=version,
        by=by,
        at=at,
        before=before[:40],
        after=entry.words[:40],
        reason=version.reason,
        details={"list": code_list.key, "code": entry.code, "valid_from": version.valid_from.isoformat()},
    )
    return version
