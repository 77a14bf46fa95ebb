"""What somebody was about to send, carried along by a page that comes between, and where it came from."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from django.http import HttpRequest


def get_typed(request: HttpRequest, *, without: Collection[str]) -> list[tuple[str, str]]:
    """
    Everything that was typed, field by field and in order, without the fields that are the system's own.
    """
    return [(name, value) for name, values in request.POST.lists() if name not in without for value in values]


def get_back(request: HttpRequest, *, otherwise: str) -> str:
    """
    The page the form stood on, as far as the browser tells and it is one of ours; the home of who asks where it does not.
    """
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    back = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return back if came_from.netloc == request.get_host() and back != request.get_full_path() else otherwise


def take_whole_page(request: HttpRequest, response: object) -> None:
    """
    This function will have htmx put an answer in the place of the whole page, where it asked for a fragment only.
    """
    if request.htmx:  # type: ignore[attr-defined]
        response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML show:window:top"  # type: ignore[index]
        response["HX-Push-Url"] = "false"  # type: ignore[index]
