"""The statements that benches write themselves fit the tables and what the operations ask of them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from huzhu.bench import dates, precheck
from huzhu.cover.queries import period_sql

pytestmark = pytest.mark.django_db

DAY = dt.date(2025, 8, 11)


@pytest.mark.parametrize(
    ("statement", "params"),
    [
        (precheck._JOIN, {"application": 1, "list": 1, "today": DAY}),
        (precheck._EARLIER, {"application": 1, "today": DAY}),
        (period_sql(dates.COVER_SOURCE), {"application": 1, "arrival_on": DAY}),
        (dates.PLAIN_JOIN, [1]),
    ],
    ids=["precheck join", "precheck cover", "dates cover", "dates join"],
)
def test_it_can_be_planned(statement, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", params)
        assert cursor.fetchall()
