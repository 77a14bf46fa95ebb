"""How many queries a page takes."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def count_queries(act: Callable[[], object]) -> int:
    """This function will run something and tell how many statements it sent."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)
