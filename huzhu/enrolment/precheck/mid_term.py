"""What somebody pays who joins a policy during its term and ends with it, as SQL; equal to `enrolment.rules` by test."""

from __future__ import annotations


def months_sql(start: str, end: str) -> str:
    """
    This function will give the SQL of `rules.begun_months`.
    """
    months = (
        f"((extract(year FROM {end}) - extract(year FROM {start})) * 12 + extract(month FROM {end}) "
        f"- extract(month FROM {start}))::int"
    )
    return (
        f"CASE WHEN {end} <= {start} THEN 0 "
        f"WHEN ({start} + make_interval(months => {months}))::date >= {end} THEN {months} ELSE {months} + 1 END"
    )


def contribution_sql(full_amount: str, *, start: str, end: str, term_months: str) -> str:
    """
    This function will give the SQL of `rules.mid_term_contribution`.
    """
    return f"round({full_amount} * least({months_sql(start, end)}, {term_months}) / {term_months}, 2)"
