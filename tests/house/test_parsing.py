"""No uploaded table is parsed in the process of a page or a worker (security.md §3, docs/adr/0012)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import huzhu

ROOT = Path(huzhu.__file__).parent
PARSERS = {
    "fastexcel",
    "huzhu.roster.files.reading.read_sheet",
    "huzhu.roster.files.results.error_workbook",
    "huzhu.roster.insurance_lists.read_insurance_list",
    "huzhu.billing.statements.reading",
    "huzhu.cover.past_files.reading",
    "huzhu.shared.uploads.examine_table",
}
PURE = (
    "roster/files/",
    "roster/insurance_lists.py",
    "billing/statements/",
    "cover/past_files/",
    "shared/uploads.py",
    "bench/",
)


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def test_only_what_runs_in_confined_children_knows_the_parsers():
    found = {str(path.relative_to(ROOT)): known for path in ROOT.rglob("*.py") if (known := _imports(path) & PARSERS)}
    assert not {path for path in found if not path.startswith(PURE)}
    assert "roster/files/apart.py" in found


def test_a_child_needs_no_django():
    children = ("huzhu.roster.files.apart", "huzhu.billing.statements.apart", "huzhu.cover.past_files.apart")
    ask = f"import sys, {', '.join(children)}; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", ask], check=False, cwd=ROOT.parent, timeout=60).returncode == 0
