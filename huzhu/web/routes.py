"""A route is its path, its view, its name and who may open it, written in one line, so that none of them can be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.http import HttpResponse
from django.urls import URLPattern, path

from huzhu.web.access import Access


class Route(NamedTuple):
    """One line of an audience's `ROUTES`."""

    path: str
    view: Callable[..., HttpResponse]
    name: str
    access: Access


def collect(routes: Iterable[Route]) -> tuple[list[URLPattern], dict[str, Access]]:
    """
    This function will turn routes into Django's URL patterns and the rows of the access table.
    """
    routes = list(routes)
    return [path(r.path, r.view, name=r.name) for r in routes], {r.name: r.access for r in routes}
