"""The outline icons of Tabler, drawn into the page itself so that they take its colour and need no request."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_NAME = re.compile(r"[a-z0-9-]+")
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_EMPTY_PATH = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


class UnknownIcon(Exception):
    """There is no such icon, or the icons are not installed."""


def _folder() -> Path:
    default = Path(__file__).resolve().parents[2] / "node_modules/@tabler/icons/icons/outline"
    return Path(getattr(settings, "HUZHU_ICONS", default))


@cache
def get_drawing(name: str) -> str:
    """
    This function will return the inner SVG of an icon.

    :raises UnknownIcon: if there is no icon of that name, or `npm ci` has not been run
    """
    folder = _folder()
    if not folder.is_dir():
        raise UnknownIcon(f"no icons in {folder}: run `npm ci`")
    path = folder / f"{name}.svg"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnknownIcon(f"no icon named {name!r}")
    drawing = _DRAWING.search(path.read_text(encoding="utf-8"))
    if drawing is None:
        raise UnknownIcon(f"{path} is not a drawing")
    return " ".join(_EMPTY_PATH.sub("", drawing.group(1)).split())


def render(name: str, *, label: str = "", css: str = "") -> SafeString:
    """
    This function will return an icon as inline SVG: hidden from screen readers, or named by `label`.

    :raises UnknownIcon: if there is no icon of that name
    """
    told = f'role="img" aria-label="{conditional_escape(label)}"' if label else 'aria-hidden="true"'
    classes = conditional_escape(f"icon {css}".strip())
    return mark_safe(  # noqa: S308 - the drawing comes from the locked package, label and classes are escaped
        f'<svg class="{classes}" {told} width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" focusable="false">{get_drawing(name)}</svg>'
    )
