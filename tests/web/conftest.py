"""Every page test is also a test that acts leave a trace (tests/web/traced.py)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.web import traced, world
from tests.web.world import World


@pytest.fixture(autouse=True)
def _acts_leave_a_trace(request: pytest.FixtureRequest) -> Iterator[None]:
    if "db" not in request.fixturenames and request.node.get_closest_marker("django_db") is None:
        yield
        return
    with traced.watching() as untraced:
        yield
    assert untraced == [], "these wrote without a trace"


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
