"""Changed rows as an auditor reads them: tables and columns in the society's words, values by their class of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from huzhu.audit import walls
from huzhu.audit.models import AuditEvent, RowAct, RowChange
from huzhu.shared.identity.names import masked_name
from huzhu.shared.postgres import APP, OWNER
from huzhu.ui import values
from huzhu.web.presenters.audit import get_subject
from huzhu.web.presenters.row_columns import COLUMNS

ROLES = {APP: "程序", OWNER: "库主（升级维护）"}
HEADS = ("时间", "数据表", "行号", "动作", "变化", "数据库角色", "操作痕迹", "操作人", "事务编号", "变更编号")
HIDDEN, COVERED, EMPTY = "不显示", "已遮盖", "空"
LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class Line:
    """One change as a row of the list; `event` is what its transaction wrote into 操作日志, None if it wrote nothing."""

    change: RowChange
    table: str
    role: str
    values: list[tuple[str, str, str]]  # column, before, after
    event: AuditEvent | None

    @property
    def act(self) -> str:
        """What was done, in the words of the event."""
        return (self.event.label or self.event.event) if self.event else ""


def get_lines(changes: Iterable[RowChange], *, events: Mapping[int, AuditEvent]) -> list[Line]:
    """
    This function will put changes into rows, each with the event beside it.
    """
    return [
        Line(
            change=change,
            table=dict(get_tables()).get(change.table_name, change.table_name),
            role=ROLES.get(change.login_role, "其他角色"),
            values=get_values(change),
            event=events.get(change.event_id),  # type: ignore[attr-defined]  # annotated by audit.queries
        )
        for change in changes
    ]


def get_cells(line: Line) -> tuple[str, ...]:
    """
    This function will give a row of the workbook, in the order of `HEADS`.
    """
    change = line.change
    return (
        f"{timezone.localtime(change.written_at):%Y-%m-%d %H:%M:%S}",
        f"{line.table}（{change.table_name}）",
        change.row_id,
        change.get_act_display(),
        "；".join(f"{column}：{before} → {after}" for column, before, after in line.values),
        f"{line.role}（{change.login_role}）",
        line.act or "没有操作痕迹",
        line.event.by_name if line.event else "",
        str(change.transaction),
        str(change.pk),
    )


@cache
def get_tables() -> tuple[tuple[str, str], ...]:
    """
    This function will name the watched tables, by their name in the database.
    """
    return tuple((model._meta.db_table, get_subject(model._meta.label_lower)) for model, _ in walls.get_watched())


def get_values(change: RowChange) -> list[tuple[str, str, str]]:
    """
    This function will give the changed columns with their values before and after: what is public or internal as it is, what is
    about a person masked, what is sensitive not at all.
    """
    before, after = change.before or {}, change.after or {}
    fields = _get_fields(change.table_name)
    gone = change.act == RowAct.DELETE
    return [
        (
            COLUMNS.get(column, column),
            _show(fields.get(column), before.get(column)),
            values.DASH if gone else _show(fields.get(column), after.get(column)),
        )
        for column in (before | after)
    ]


@cache
def _get_fields(table: str) -> dict[str, tuple[models.Field, str]]:
    """The columns of a watched table, each with its field and class; a column that no model knows any more is not shown."""
    model: Any = next((model for model, _ in walls.get_watched() if model._meta.db_table == table), None)
    if model is None:
        return {}
    kinds = {
        name: kind for kind in ("public", "internal", "personal", "sensitive") for name in getattr(model.privacy, kind)
    }
    return {field.column: (field, kinds[field.name]) for field in model._meta.concrete_fields}


def _show(known: tuple[models.Field, str] | None, value: object) -> str:
    if value in (None, "", [], {}):
        return EMPTY
    if known is None or known[1] == "sensitive":
        return HIDDEN
    field, kind = known
    return _mask(field.name, value) if kind == "personal" else _plain(field, value)


def _mask(name: str, value: object) -> str:
    """A name by its surname, a mobile by its ends, anything else not at all."""
    if isinstance(value, list):
        return "、".join(_mask(name, each) for each in value)
    if not isinstance(value, str):
        return COVERED
    if "mobile" in name or name.endswith("_person"):
        return values.mask_mobile(value)
    return masked_name(value) or COVERED if name in _NAMES or name.endswith("_by_name") else COVERED


_NAMES = {"name", "former_name", "handler_name", "legal_representative"}


def _plain(field: models.Field, value: object) -> str:
    choices = {str(key): str(words) for key, words in field.flatchoices}
    if isinstance(field, models.DateTimeField) and isinstance(value, str) and (moment := parse_datetime(value)):
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if timezone.is_aware(moment) else value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(map(str, value))[:LONGEST]
    return choices.get(str(value), str(value))[:LONGEST]
