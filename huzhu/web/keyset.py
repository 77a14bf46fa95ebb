"""Pages of large lists by key: newest first, the same work for the first page and the thousandth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

PAGE = 100
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows, and the keys behind and before which the older and the newer rows lie; None where there are none."""

    rows: list[Any]
    after: int | None
    before: int | None


def get_page(rows: QuerySet, *, place: Mapping[str, str], limit: int = PAGE) -> Page:
    """
    This function will give one page of rows in the order of their ids, newest first, in one query.

    :param place: where somebody is: `after` or `before` with an id; anything else is the first page
    """
    if after := _key(place.get("after", "")):
        found = list(rows.filter(pk__lt=after).order_by("-pk")[: limit + 1])
        return _page(found[:limit], has_older=len(found) > limit, has_newer=True)
    if before := _key(place.get("before", "")):
        found = list(rows.filter(pk__gt=before).order_by("pk")[: limit + 1])
        return _page(found[:limit][::-1], has_older=True, has_newer=len(found) > limit)
    found = list(rows.order_by("-pk")[: limit + 1])
    return _page(found[:limit], has_older=len(found) > limit, has_newer=False)


def _page(rows: list[Any], *, has_older: bool, has_newer: bool) -> Page:
    return Page(
        rows=rows,
        after=rows[-1].pk if rows and has_older else None,
        before=rows[0].pk if rows and has_newer else None,
    )


def _key(text: str) -> int | None:
    """The id somebody came with; None for what is no id."""
    return int(text) if text.isascii() and text.isdecimal() and int(text[:20]) <= LARGEST_KEY else None
