"""Lists: the filter bar and two ways to turn pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_block_tag(takes_context=True)
def filter_bar(
    context: template.Context,
    content: str,
    *,
    target: str = "#rows",
    method: str = "get",
    action: str = "",
    button: str = "查询",
    clear_url: str = "",
) -> SafeString:
    """
    {% filter_bar target="#rows" %}fields{% endfilter_bar %} puts filters in the address and renews only `target`.

    Filters by number, telephone or name use method="post": personal data never stands in an address.
    Every answer of the page must contain the element `target`; without scripts the form simply loads the page.
    """
    inside = {
        "target": target,
        "method": method,
        "action": action or _path(context),
        "button": button,
        "clear_url": clear_url or _path(context),
        "body": mark_safe(content.strip()),  # noqa: S308 - rendered by the template
        "csrf_token": context.get("csrf_token", ""),
    }
    return SafeString(render_to_string("components/filter_bar.html", inside))


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(
    context: template.Context,
    page: Page,
    *,
    target: str = "#rows",
    parameter: str = "page",
    unit: str = "条",
    label: str = "翻页",
) -> dict:
    """
    {% pager page_obj target="#rows" %} turns numbered pages and keeps the filters of the address.
    """
    paginator = page.paginator
    numbers = [
        {"number": n, "url": _address(context, **{parameter: n}) if isinstance(n, int) else ""}
        for n in paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]
    return {
        "numbers": numbers,
        "current": page.number,
        "previous": _address(context, **{parameter: page.previous_page_number()}) if page.has_previous() else "",
        "next": _address(context, **{parameter: page.next_page_number()}) if page.has_next() else "",
        "count": f"{paginator.count:,}",
        "first": f"{page.start_index():,}",
        "last": f"{page.end_index():,}",
        "target": target,
        "unit": unit,
        "label": label,
    }


@register.inclusion_tag("components/keyset_pager.html", takes_context=True)
def keyset_pager(
    context: template.Context,
    *,
    after: Any = None,
    before: Any = None,
    count: int | None = None,
    target: str = "#rows",
    unit: str = "条",
    label: str = "翻页",
) -> dict:
    """
    {% keyset_pager after=last_key before=first_key count=n %} turns pages of large lists by key, not by number.

    `after` and `before` are the values for `?after=` and `?before=`; None where there is no such page.
    """
    return {
        "next": _address(context, after=after, before=None) if after is not None else "",
        "previous": _address(context, before=before, after=None) if before is not None else "",
        "count": f"{count:,}" if count is not None else "",
        "target": target,
        "unit": unit,
        "label": label,
    }


def _path(context: template.Context) -> str:
    request = context.get("request")
    return request.path if request else ""


def _address(context: template.Context, **changes: Any) -> str:
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return "?" + "&".join(f"{key}={value}" for key, value in changes.items() if value is not None)
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    return "?" + query.urlencode()
