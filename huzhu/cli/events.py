"""docs/reference/events.md: every event of the trace, read from the calls that write them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from huzhu.cli.environment import ROOT

PATH = ROOT / "docs" / "reference" / "events.md"
WRITERS = {"record", "note"}
HEAD = """# Events of the trace

Written by `huzhu states` from the calls of `audit.record` and `reveals.note`; do not edit. `{…}` stands for what the act fills
in: the action of a flow, whose label is then the action's own.

| event | label | written in |
| --- | --- | --- |
"""


def write(*, check: bool) -> list[str]:
    """
    This function will write the page, or only name it if it differs.

    :returns: the page, if it was not up to date
    """
    page = HEAD + "".join(f"| `{event}` | {label} | `{place}` |\n" for event, label, place in sorted(set(_find())))
    if PATH.exists() and PATH.read_text() == page:
        return []
    if not check:
        PATH.write_text(page)
    return ["events"] if check else []


def _find() -> Iterator[tuple[str, str, str]]:
    for path in sorted((ROOT / "huzhu").rglob("*.py")):
        tree = ast.parse(path.read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITERS or not call.args:
                continue
            event = _text(call.args[0])
            if "." not in event:
                continue
            labels = [_text(keyword.value) for keyword in call.keywords if keyword.arg == "label"]
            yield event, (labels or [""])[0].replace("|", "/"), str(path.relative_to(ROOT))


def _text(node: ast.expr) -> str:
    """A text as it stands in the source, what is filled in between braces; nothing for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else _text(part)
            for part in node.values
        )
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body)} / {_text(node.orelse)}".strip(" /")
    return ""
