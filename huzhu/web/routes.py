"""A route is its path, its view, its name and who may open it, written in one line, so that none of them can be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.http import HttpResponse
from django.urls import URLPattern, path

from huzhu.web.access import Access
from huzhu.web.submissions import once


class Route(NamedTuple):
    """One line of an audience's `ROUTES`."""

    path: str
    view: Callable[..., HttpResponse]
    name: str
    access: Access


def collect(routes: Iterable[Route]) -> tuple[list[URLPattern], dict[str, Access]]:
    """
    This function will turn routes into Django's URL patterns, each carrying its access rule, each with one effect per form.
    """
    routes = list(routes)
    patterns = []
    for route in routes:
        pattern = path(route.path, once(route.view), name=route.name)
        pattern.access = route.access  # type: ignore[attr-defined]  # read by huzhu.web.access
        patterns.append(pattern)
    return patterns, {r.name: r.access for r in routes}
