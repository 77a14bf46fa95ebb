"""Small things inside a line: icons, money, days, hidden numbers, badges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.ui import icons, menus, tones
from huzhu.ui import values as text

register = template.Library()

_FILTERS: dict[str, Callable[..., str]] = {
    "money": text.money_text,
    "count": text.count_text,
    "day": text.day_text,
    "moment": text.moment_text,
    "period": text.period_text,
    "masked_id": text.mask_document,
    "masked_mobile": text.mask_mobile,
    "masked_name": text.mask_name,
    "role_names": lambda roles: "、".join(menus.get_role_names(roles)),
}
for _name, _function in _FILTERS.items():
    register.filter(_name, _function)


class _IconNode(template.Node):
    def __init__(self, name: FilterExpression, options: dict[str, FilterExpression]) -> None:
        self.name, self.options = name, options

    def render(self, context: template.Context) -> SafeString:
        options = {key: value.resolve(context) for key, value in self.options.items()}
        return icons.render(self.name.resolve(context), **options)


@register.tag
def icon(parser: Parser, token: Token) -> _IconNode:
    """
    {% icon "user" %} draws an icon; {% icon "user" label="经办人" %} names it where no word stands beside it.

    A literal name that does not exist fails when the template loads.
    """
    _, *bits = token.split_contents()
    if not bits:
        raise template.TemplateSyntaxError("icon needs a name")
    name, rest = parser.compile_filter(bits[0]), bits[1:]
    options = token_kwargs(rest, parser)
    if rest or set(options) - {"label", "css"}:
        raise template.TemplateSyntaxError("icon takes a name, label= and css=")
    if not name.is_var:
        try:
            icons.get_drawing(name.resolve(template.Context()))
        except icons.UnknownIcon as error:
            raise template.TemplateSyntaxError(str(error)) from error
    return _IconNode(name, options)


@register.simple_tag
def money(amount: Decimal | int | None, *, sign: bool = False) -> SafeString:
    """
    {% money slip.amount %} shows 1,234.00 in tabular figures; sign=True puts ¥ before it.
    """
    negative = " money--minus" if amount and Decimal(amount) < 0 else ""
    mark = "¥" if sign and amount is not None else ""
    return format_html('<span class="money{}">{}{}</span>', negative, mark, text.money_text(amount))


@register.simple_tag
def day(value: date | datetime | None) -> SafeString:
    """
    {% day slip.due_on %} shows 2026-07-01.
    """
    shown = text.day_text(value)
    return format_html('<time class="day" datetime="{}">{}</time>', shown, shown) if value else SafeString(text.DASH)


@register.simple_tag
def moment(value: datetime | None) -> SafeString:
    """
    {% moment event.at %} shows 2026-07-01 14:05 in Asia/Shanghai.
    """
    if not value:
        return SafeString(text.DASH)
    return format_html('<time class="day" datetime="{}">{}</time>', value.isoformat(), text.moment_text(value))


@register.simple_tag
def period(period: Any, end: date | None = None) -> SafeString:
    """
    {% period cover.period %} or {% period start end %} shows a half-open period by its last covered day.
    """
    return format_html('<span class="period">{}</span>', text.period_text(period, end))


@register.inclusion_tag("components/badge.html")
def badge(label: str, *, tone: str = "quiet", icon: str = "") -> dict:
    """
    {% badge "已启用" tone="done" %} is a word with the colour of its meaning and an icon.
    """
    return {"label": label, "tone": tone, "icon": icon or tones.ICONS[tone], "element_id": ""}


@register.inclusion_tag("components/badge.html")
def state_badge(record: Any, *, id_prefix: str = "") -> dict:
    """
    {% state_badge application %} shows where a record stands, in the society's words.

    The record has `state` and, as Django makes it, `get_state_display`. `id_prefix` gives the badge an id for htmx.
    """
    tone = tones.get_tone(record.state)
    element_id = f"{id_prefix}-{record.pk}" if id_prefix else ""
    return {"label": record.get_state_display(), "tone": tone, "icon": tones.ICONS[tone], "element_id": element_id}


@register.inclusion_tag("components/copy_button.html")
def copy_button(value: str, *, label: str = "复制") -> dict:
    """
    {% copy_button slip.number label="复制缴款单号" %} shows the text with a button that copies it.
    """
    return {"value": value, "label": label}


@register.inclusion_tag("components/reveal.html")
def reveal(masked: str, *, url: str, label: str = "显示完整号码") -> dict:
    """
    {% reveal worker.document_number|masked_id url=… %} shows a masked number with a button for the full one.

    `url` asks why in a dialog and answers with what replaces this element (huzhu/web/reveals.py).
    """
    return {"masked": masked, "url": url, "label": label, "id": text.get_reveal_id(url)}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, *, label: str = "已处理", poll_url: str = "", unit: str = "行") -> dict:
    """
    {% progress job.rows_done job.rows_total poll_url=… %} shows how far work is; with `poll_url` it asks every second.

    The answer of `poll_url` replaces the bar; send one without `poll_url` (or the result) when the work is done.
    """
    percent = min(100, done * 100 // total) if total else 0
    return {
        "done": f"{done:,}",
        "total": f"{total:,}",
        "value": str(done),
        "maximum": str(max(total, 1)),
        "percent": str(percent),
        "label": label,
        "unit": unit,
        "poll_url": poll_url,
    }


@register.inclusion_tag("components/stat.html")
def stat(label: str, value: Any, *, hint: str = "", url: str = "", tone: str = "quiet", icon: str = "") -> dict:
    """
    {% stat "待初审" 12 url=… tone="waits" icon="clipboard-check" %} is one figure of the home page.
    """
    return {"label": label, "value": str(value), "hint": hint, "url": url, "tone": tone, "icon": icon}
