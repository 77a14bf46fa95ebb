"""Columns and the base of sortable lists (django-tables2): money, days, states look the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.ui import icons, tones, values


class Table(tables.Table):
    """
    A list as the house shows it: sticky sortable head, row count, pages of 100, export link.

    `caption` names the list for screen readers, `unit` counts its rows (条, 人, 笔), `export_url` leads to the same
    rows as a file.
    The view renders it with `{% render_table table %}`; one table per page needs no prefix, its element is `#rows`.
    """

    caption = "列表"
    unit = "条"
    export_url = ""

    class Meta:
        template_name = "tables/table.html"
        per_page = 100

    def __init__(self, *args: Any, export_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.export_url = export_url or self.export_url
        self.template_name = "tables/table.html"


def _with_class(kwargs: dict, css: str) -> dict:
    attrs = {**kwargs.pop("attrs", {})}
    for part in ("th", "td", "tf"):
        own = attrs.get(part, {})
        attrs[part] = {**own, "class": f"{own.get('class', '')} {css}".strip()}
    return {**kwargs, "attrs": attrs}


class MoneyColumn(tables.Column):
    """Amounts, right-aligned, two decimals. `total` is a callable on the table that gives the sum for the foot."""

    def __init__(self, *args: Any, total: Callable[[tables.Table], Any] | None = None, **kwargs: Any) -> None:
        if total is not None:
            kwargs["footer"] = lambda table: values.money_text(total(table))
        super().__init__(*args, **_with_class(kwargs, "num"))

    def render(self, value: Any) -> str:
        return values.money_text(value)

    def value(self, value: Any) -> Any:
        return value


class CountColumn(tables.Column):
    """Whole numbers, right-aligned, with thousands commas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **_with_class(kwargs, "num"))

    def render(self, value: Any) -> str:
        return f"{value:,}"


class DayColumn(tables.Column):
    """Days as 2026-07-01."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **_with_class(kwargs, "date"))

    def render(self, value: Any) -> str:
        return values.day_text(value)


class MomentColumn(DayColumn):
    """Moments as 2026-07-01 14:05, Asia/Shanghai."""

    def render(self, value: Any) -> str:
        return values.moment_text(value)


class PeriodColumn(DayColumn):
    """Half-open periods by their last covered day."""

    def render(self, value: Any) -> str:
        return values.period_text(value)


class StateColumn(tables.Column):
    """The state badge of the row's record."""

    def render(self, value: Any, record: Any) -> SafeString:
        state = record["state"] if isinstance(record, dict) else record.state
        return state_tag(str(value), tone=tones.get_tone(state))


class MaskedColumn(tables.Column):
    """A hidden number or name: `kind` is document, mobile or name."""

    _MASKS = {"document": values.mask_document, "mobile": values.mask_mobile, "name": values.mask_name}

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **_with_class(kwargs, "code"))
        self._mask = self._MASKS[kind]

    def render(self, value: Any) -> str:
        return self._mask(value)


class CodeColumn(tables.Column):
    """Numbers of records (slips, policies): tabular figures, never broken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **_with_class(kwargs, "code"))


def state_tag(label: str, *, tone: str) -> SafeString:
    """
    This function will return the badge that `{% badge %}` draws, for cells made in Python.
    """
    return format_html('<span class="tag tag--{}">{}{}</span>', tone, icons.render(tones.ICONS[tone]), label)
