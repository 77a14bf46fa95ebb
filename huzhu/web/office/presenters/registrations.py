"""The tabs of 单位审核: what about employers waits for the registrar."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from huzhu.cover import queries as cover
from huzhu.employers import queries
from huzhu.ui.parts import Tab


def tabs(request: HttpRequest, *, current: str) -> list[Tab]:
    """
    This function will give the tabs with what waits in each.
    """
    counts = {
        "office:registrations": ("单位注册", queries.count_waiting_registrations(actor=request.actor)),
        "office:changes": ("资料变更", queries.count_waiting_changes(actor=request.actor)),
        "office:hand-overs": ("经办人变更", queries.count_waiting_hand_overs(actor=request.actor)),
        "office:bindings": ("历史保单绑定", cover.count_waiting_bindings(by=request.actor)),
    }
    return [
        Tab(label=label, url=reverse(name), current=name == current, count=count)
        for name, (label, count) in counts.items()
    ]
