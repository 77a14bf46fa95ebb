"""Every page test also tests that acts leave a trace (tests/web/traced.py) and that extras are ignored (tests/web/extras.py)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.conftest import GROWTH
from tests.web import extras, traced, world
from tests.web.world import World


@pytest.fixture(autouse=True)
def _acts_leave_a_trace(request: pytest.FixtureRequest) -> Iterator[None]:
    if "db" not in request.fixturenames and request.node.get_closest_marker("django_db") is None:
        yield
        return
    with traced.watching() as untraced:
        yield
    assert untraced == [], "these wrote without a trace"


@pytest.fixture(autouse=True)
def _extras_are_ignored(request: pytest.FixtureRequest, _acts_leave_a_trace: None) -> Iterator[None]:
    is_counting = GROWTH.search(request.node.name) or "django_assert_num_queries" in request.fixturenames
    if ("db" not in request.fixturenames and request.node.get_closest_marker("django_db") is None) or is_counting:
        yield
        return
    with extras.smuggling() as found:
        yield
    assert found == [], "these take what no form of theirs has"


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, in a transaction that is rolled back when the module is done."""
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # thousands of refusals are no news here
    with django_db_blocker.unblock(), transaction.atomic():
        one = world.build()
        one.make_everything()
        yield one
        transaction.set_rollback(True)
    logging.getLogger("django.request").setLevel(logging.NOTSET)
