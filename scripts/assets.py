"""
Collect the browser files that pages load from node_modules into build/assets/vendor.

Nothing third-party is kept in the repository: `npm ci` brings it, this script picks what is served.
Running it again is harmless.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}
NEEDED_AT_RUN_TIME = ["@tabler/icons/icons/outline", "@embedpdf/fonts-sc/fonts"]
SOURCE_MAP = re.compile(rb"(/\*#|//#) sourceMappingURL=.*?(\*/)?\s*$")


def get_missing(*, modules: Path) -> list[str]:
    """
    This function will name every file or folder that a page or a PDF needs and node_modules lacks.
    """
    return [name for name in [*FILES, *NEEDED_AT_RUN_TIME] if not (modules / name).exists()]


def collect(*, modules: Path, target: Path) -> list[str]:
    """
    This function will copy the files pages load and return the names of those that changed.

    The source map comment goes: the maps are not served and the hashed storage would ask for them.
    """
    target.mkdir(parents=True, exist_ok=True)
    changed = []
    for source, name in FILES.items():
        content = SOURCE_MAP.sub(b"", (modules / source).read_bytes())
        copy = target / name
        if not copy.exists() or copy.read_bytes() != content:
            copy.write_bytes(content)
            changed.append(name)
    for stray in {path.name for path in target.iterdir()} - set(FILES.values()):
        (target / stray).unlink()
        changed.append(stray)
    return changed


def main() -> int:
    modules, target = ROOT / "node_modules", ROOT / "build" / "assets" / "vendor"
    if missing := get_missing(modules=modules):
        sys.stderr.write(
            "assets: missing in node_modules: " + ", ".join(missing) + "\n"
            "assets: run `npm ci` in the checkout (needs the npm registry once), then try again.\n"
        )
        return 1
    changed = collect(modules=modules, target=target)
    sys.stdout.write(f"assets: {', '.join(changed)} renewed\n" if changed else "assets: up to date\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
