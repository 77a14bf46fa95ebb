"""Every page test is also a test that acts leave a trace (tests/web/traced.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web import traced


@pytest.fixture(autouse=True)
def _acts_leave_a_trace(request: pytest.FixtureRequest) -> Iterator[None]:
    if "db" not in request.fixturenames and request.node.get_closest_marker("django_db") is None:
        yield
        return
    with traced.watching() as untraced:
        yield
    assert untraced == [], "these wrote without a trace"
