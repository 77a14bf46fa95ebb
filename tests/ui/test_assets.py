"""What pages load is collected from the locked packages, twice without harm, and what is missing is named."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def assets():
    spec = importlib.util.spec_from_file_location("assets", ROOT / "scripts" / "assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def modules(assets, tmp_path):
    for name in assets.FILES:
        path = tmp_path / "node_modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content\n/*# sourceMappingURL=x.css.map */")
    for name in assets.NEEDED_AT_RUN_TIME:
        (tmp_path / "node_modules" / name).mkdir(parents=True)
    return tmp_path / "node_modules"


def test_collects_exactly_the_files_pages_load(assets, modules, tmp_path):
    target = tmp_path / "vendor"
    assert sorted(assets.collect(modules=modules, target=target)) == sorted(assets.FILES.values())
    (target / "stray.js").write_text("")
    assert assets.collect(modules=modules, target=target) == ["stray.js"]
    assert assets.collect(modules=modules, target=target) == []
    assert sorted(path.name for path in target.iterdir()) == sorted(assets.FILES.values())


def test_source_maps_are_not_promised(assets, modules, tmp_path):
    assets.collect(modules=modules, target=tmp_path / "vendor")
    assert (tmp_path / "vendor" / "tabler.min.css").read_bytes() == b"content\n"


def test_missing_files_are_named(assets, modules):
    (modules / "htmx.org/dist/htmx.min.js").unlink()
    assert assets.get_missing(modules=modules) == ["htmx.org/dist/htmx.min.js"]


def test_the_lock_is_exact_and_names_no_host():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for name, package in lock["packages"].items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")
