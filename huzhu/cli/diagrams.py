"""docs/states/: every flow as a diagram, drawn from its declaration."""

from __future__ import annotations

from huzhu.cli.environment import ROOT
from huzhu.journeys.flows import FLOWS

__all__ = ["FLOWS", "draw"]


def draw(*, check: bool) -> list[str]:
    """
    This function will write one page per flow, or only name those that differ.

    :returns: the names of the pages that were not up to date
    """
    folder = ROOT / "docs" / "states"
    stale = []
    for name, (title, flow) in FLOWS.items():
        head = f"# {title} (`{name}`)\n\nDrawn from the declaration by `huzhu states`; do not edit.\n\n"
        page = f"{head}```mermaid\n{flow.diagram()}```\n"
        path = folder / f"{name}.md"
        if path.exists() and path.read_text() == page:
            continue
        stale.append(name)
        if not check:
            path.write_text(page)
    return stale if check else []
