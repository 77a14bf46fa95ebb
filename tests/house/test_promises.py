"""What must hold for every model, route, flow and task of the house, so that nothing new can forget it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models
from django.urls import URLPattern, URLResolver, get_resolver
from procrastinate.contrib.django import app as jobs

from huzhu.cli.diagrams import FLOWS, draw
from huzhu.shared import postgres
from huzhu.web import access

ROOT = Path(__file__).resolve().parents[2]
OUR_MODELS = [model for model in apps.get_models() if model.__module__.startswith("huzhu.")]


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_every_field_has_a_data_class(model: type[models.Model]):
    fields = {field.name for field in model._meta.concrete_fields}
    classes = model.privacy
    assert classes.names() == fields
    assert sum(map(len, (classes.public, classes.internal, classes.personal, classes.sensitive))) == len(fields)


def _routes(resolver: URLResolver, namespace: str = "") -> list[str]:
    names = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            names += _routes(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            names.append(f"{namespace}{pattern.name}")
    return names


def test_every_route_is_in_the_access_table():
    assert sorted(_routes(get_resolver())) == sorted(access.get_table())


def test_no_route_stands_twice():
    names = _routes(get_resolver())
    assert len(names) == len(set(names))


def test_every_deferred_task_exists():
    """Apps defer by name; a name that no job has would wait for ever."""
    jobs.perform_import_paths()
    named = set()
    for path in (ROOT / "huzhu").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("queue.defer"):
                first = node.args[0]
                named.add(first.value if isinstance(first, ast.Constant) else _constant(path, ast.unparse(first)))
    assert named
    assert named <= set(jobs.tasks)


def _constant(path: Path, name: str) -> str:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == name
            and isinstance(node.value, ast.Constant)
        ):
            return str(node.value.value)
    raise AssertionError(f"{path}: the task name {name} is no constant of the module")


def test_the_drawn_flows_are_the_declared_ones():
    assert draw(check=True) == []


@pytest.mark.django_db
def test_the_tests_run_as_the_run_time_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)")
        assert cursor.fetchone() == (postgres.APP, False)


@pytest.mark.django_db
@pytest.mark.parametrize("name", FLOWS)
def test_the_database_knows_every_flow(name: str):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND (tgname LIKE %s OR tgname LIKE %s)",
            [f"pgtrigger_{name}_edges%", f"pgtrigger_{name}_birth%"],
        )
        assert cursor.fetchone() == (2,)


def test_nothing_of_another_place_is_named_in_the_project():
    """No machine path and no package host in what is tracked."""
    words = ("/" + "work/", "/root" + "/", "pypi" + ".org/simple", "registry.npmjs" + ".org")
    for pattern in ("*.py", "*.toml", "*.md", "*.lock", "*.json", "Makefile", "*.html", "*.in"):
        for path in ROOT.glob(pattern):
            assert not [word for word in words if word in path.read_text()], path
