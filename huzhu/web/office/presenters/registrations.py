"""The tabs of 单位审核: what about employers waits for the registrar."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from huzhu.ui.parts import Tab
from huzhu.web.office.work_counts import get_count


def tabs(request: HttpRequest, *, current: str) -> list[Tab]:
    """
    This function will give the tabs with what waits in each.
    """
    counts = {
        "office:registrations": ("单位注册", get_count(request, "registrations")),
        "office:changes": ("资料变更", get_count(request, "changes")),
        "office:hand-overs": ("经办人变更", get_count(request, "hand_overs")),
        "office:bindings": ("历史保单绑定", get_count(request, "bindings")),
        "office:transfers": ("单位划转", get_count(request, "transfers")),
    }
    return [
        Tab(label=label, url=reverse(name), current=name == current, count=count)
        for name, (label, count) in counts.items()
    ]
