"""Records in later states, moved there as the database demands: each step with its event in the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

from huzhu.audit import operations as audit
from huzhu.shared.actors import system_actor


def move(record: models.Model, state: str, *, at: datetime) -> None:
    """This function will put a record into a state that its flow allows next, and save it."""
    before = record.state
    with transaction.atomic():
        record.state = state
        record.save()
        audit.record("made.move", subject=record, by=system_actor(), at=at, before=before, after=state)
