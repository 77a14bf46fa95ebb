"""The one way for an app to ask for work: by task name and ids, inside the transaction of the event that causes it."""

from __future__ import annotations

from datetime import datetime

from procrastinate.contrib.django import app


def defer(name: str, *, run_at: datetime | None = None, **ids: int | str) -> None:
    """
    Queue a task of `huzhu.jobs` by name; it runs after the surrounding transaction commits and never if that rolls back.

    :param ids: record ids only; a job's arguments hold no personal data (security.md §4)
    """
    app.configure_task(name, schedule_at=run_at).defer(**ids)
