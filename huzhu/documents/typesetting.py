"""
Papers as PDFs, set with Typst.

A template in `papers/` lays out; what it says travels beside it as JSON and is never part of the source, so that a
name such as `#let x` prints as it is written. Equal content and date give equal bytes.
"""

import io
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf
import typst
from fontTools.ttLib import TTFont

from huzhu.documents import contents

PAPERS = Path(__file__).parent / "papers"
PROJECT = Path(__file__).parents[2]
FONT_PACKAGES = ("node_modules/@embedpdf/fonts-sc/fonts", "node_modules/@embedpdf/fonts-tc/fonts")
TEXT_FAMILY = "Noto Sans S Chinese"  # the family name inside @embedpdf/fonts-sc; "Noto Sans SC" falls back silently

ROWS_PER_PAGE = 34  # as in papers/policy.typ; rows have a fixed height, so the pages can be counted beforehand
ROWS_PER_PART = ROWS_PER_PAGE * 10
ROWS_IN_ONE_PIECE = 2_000
TABLES = {
    "changes": "changes",
    "members": "rows",
}  # section of a policy and the rows it sets, in the order of the pages


class FontsMissing(RuntimeError):
    """The fonts of the papers are not installed."""


class UnexpectedPages(RuntimeError):
    """A part of a paper came out with another number of pages than counted beforehand."""


def font_folders() -> list[Path]:
    """
    Where the fonts of the papers are: HUZHU_FONT_DIR (several folders parted by the system's path separator), else the
    packages under `node_modules`. Fonts for rarer characters are found when their folder is named there too.

    :raises FontsMissing: if no folder holds the text font
    """
    named = os.environ.get("HUZHU_FONT_DIR", "")
    folders = [Path(folder) for folder in named.split(os.pathsep)] if named else [PROJECT / it for it in FONT_PACKAGES]
    folders = [folder for folder in folders if folder.is_dir()]
    if TEXT_FAMILY not in _fonts(tuple(folders)).families():
        raise FontsMissing(f"no font {TEXT_FAMILY!r}: run `npm ci`, or name its folder in HUZHU_FONT_DIR")
    return folders


def missing_characters(texts: Iterable[str]) -> set[str]:
    """
    Find the characters for which no font of the papers has a glyph: rare names, control characters, lone surrogates.
    """
    known = _characters(tuple(font_folders()))
    return {char for text in texts for char in set(text) if not _printable(char, known)}


def typeset(*, template: str, content: dict[str, Any], made_on: date) -> bytes:
    """
    Set one PDF from `papers/<template>.typ`. A character without a glyph prints as its number, such as 〔U+2B81C〕.

    :raises FontsMissing: if the fonts are not installed
    :raises typst.TypstError: if the content does not fit the template
    """
    return _compile(template, content=content, made_on=made_on)


def typeset_paper(*, paper: contents.Paper, made_on: date) -> bytes:
    """
    Set one PDF, choosing the template by the kind of paper; a policy with many members is set in parts.

    :raises FontsMissing: if the fonts are not installed
    """
    if isinstance(paper, contents.Policy) and len(paper.members) > ROWS_IN_ONE_PIECE:
        return typeset_in_parts(template=paper.TEMPLATE, content=paper.as_dict(), made_on=made_on)
    return typeset(template=paper.TEMPLATE, content=paper.as_dict(), made_on=made_on)


def typeset_confirmation(*, policy: contents.Policy, made_on: date) -> bytes:
    """
    Set the 参保确认书 of a policy alone, one page.
    """
    content = policy.as_dict() | {"rows": [], "changes": []}
    return _compile(policy.TEMPLATE, content=content, made_on=made_on, sections=["confirmation"])


def typeset_in_parts(*, template: str, content: dict[str, Any], made_on: date) -> bytes:
    """
    Set a paper with long tables (`content["changes"]`, `content["rows"]`) piece by piece and join the pieces, so that memory
    does not grow with the number of members. Pages are numbered through, and equal input still gives equal bytes.

    :raises UnexpectedPages: if a piece has another number of pages than its rows need
    """
    tables = {section: content[key] for section, key in TABLES.items()}
    short = content | {key: [] for key in TABLES.values()}
    front = _compile(template, content=short, made_on=made_on, sections=["cover"], tagged=False)
    back = _compile(template, content=short, made_on=made_on, sections=["terms", "confirmation"], tagged=False)
    before, after = _page_count(front), _page_count(back)
    total = before + sum(_pages_for(len(rows)) for rows in tables.values()) + after

    joined = pikepdf.new()
    for sections, part, offset in _parts(tables, before=before, total=total, after=after):
        piece = _compile(
            template,
            content=short | {TABLES[section]: part for section in sections if section in TABLES},
            made_on=made_on,
            sections=sections,
            pages=(offset, total),
            tagged=False,
        )
        with pikepdf.open(io.BytesIO(piece)) as document:
            if sections[0] in TABLES and len(document.pages) != _pages_for(len(part)):
                raise UnexpectedPages(f"{len(document.pages)} pages for {len(part)} rows")
            joined.pages.extend(document.pages)
            if sections == ["cover"]:
                joined.trailer.Info = joined.copy_foreign(document.docinfo)
                joined.Root.Lang = pikepdf.String("zh-CN")
    out = io.BytesIO()
    joined.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _parts(tables: dict[str, list], *, before: int, total: int, after: int) -> Iterator[tuple[list[str], list, int]]:
    """The pieces of a long paper: sections, rows, pages that come before."""
    yield ["cover"], [], 0
    for section, rows in tables.items():
        for first in range(0, len(rows), ROWS_PER_PART):
            yield [section], rows[first : first + ROWS_PER_PART], before + first // ROWS_PER_PAGE
        before += _pages_for(len(rows))
    yield ["terms", "confirmation"], [], total - after


def _pages_for(row_count: int) -> int:
    return -(-row_count // ROWS_PER_PAGE)


def _page_count(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


def _compile(
    template: str,
    *,
    content: dict[str, Any],
    made_on: date,
    sections: list[str] | None = None,
    pages: tuple[int, int] | None = None,
    tagged: bool = True,
) -> bytes:
    folders = tuple(font_folders())
    families = [TEXT_FAMILY, *sorted({font.family for font in _fonts(folders).fonts()} - {TEXT_FAMILY})]
    meta = {
        "made_on": [made_on.year, made_on.month, made_on.day],
        "families": families,
        "sections": sections or [],
        "pages": pages,
    }
    return typst.compile(
        PAPERS / f"{template}.typ",
        root=PAPERS,
        font_paths=_fonts(folders),
        sys_inputs={
            "content": json.dumps(_printed(content, _characters(folders)), ensure_ascii=False),
            "meta": json.dumps(meta),
        },
        format="pdf",
        timestamp=datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC),
        pdf_tags=tagged,
    )


@lru_cache(maxsize=4)
def _fonts(folders: tuple[Path, ...]) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[*folders])


@lru_cache(maxsize=4)
def _characters(folders: tuple[Path, ...]) -> frozenset[int]:
    """Every character that some weight-400 font of the papers can draw."""
    found: set[int] = set()
    for font in _fonts(folders).fonts():
        if font.path and (font.weight == 400 or font.family != TEXT_FAMILY):
            with TTFont(font.path, lazy=True, fontNumber=font.index) as face:
                found.update(face.getBestCmap())
    return frozenset(found)


def _printable(char: str, known: frozenset[int]) -> bool:
    """Test if a character prints, or is one that rightly leaves no ink: a line break, a joiner, a variation selector."""
    if char.isascii() and char.isprintable():
        return True
    if char in "\n\u200b\u200c\u200d\u2060\ufeff" or unicodedata.name(char, "").startswith("VARIATION SELECTOR"):
        return True
    if unicodedata.category(char) in ("Cc", "Co", "Cs"):  # fonts map some of them, to nothing that could be read
        return False
    return ord(char) in known


def _printed(value: Any, known: frozenset[int]) -> Any:
    """The same content with every character that has no glyph replaced by its number."""
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value
        return "".join(char if _printable(char, known) else f"〔U+{ord(char):04X}〕" for char in value)
    if isinstance(value, dict):
        return {key: _printed(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_printed(item, known) for item in value]
    return value
