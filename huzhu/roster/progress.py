"""How far an import is, for the page that waits, and whether somebody has cancelled it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from huzhu.roster.models import ImportPhase, ImportState

PAUSE = 0.3  # seconds between two notes of one phase

_TELL = f"""
WITH told AS (
    UPDATE roster_rosterimport SET phase = %(phase)s, rows_read = %(total)s, rows_done = %(done)s
    WHERE id = %(id)s AND state = '{ImportState.WAITING}'
)
SELECT state FROM roster_rosterimport WHERE id = %(id)s
"""


class ImportStopped(Exception):
    """Somebody cancelled the import, or another worker has finished it."""


class Progress:
    """An import nobody watches: says nothing and is never cancelled."""

    def tell(self, phase: ImportPhase, *, done: int = 0, total: int = 0) -> None:
        """
        Note that so many of all rows have passed a phase.

        :raises ImportStopped: if the import no longer waits
        """


class WatchedProgress(Progress):
    """
    Notes the progress of one import on a connection of its own: what stands in the importing transaction nobody else can see.
    """

    def __init__(self, connection: BaseDatabaseWrapper, *, import_id: int) -> None:
        self._connection, self._import_id = connection, import_id
        self._phase, self._told_at = "", 0.0

    def tell(self, phase: ImportPhase, *, done: int = 0, total: int = 0) -> None:
        """As `Progress.tell`; notes that follow each other too fast are left out, except where a phase begins."""
        now = time.monotonic()
        if phase == self._phase and now - self._told_at < PAUSE:
            return
        self._phase, self._told_at = phase, now
        with self._connection.cursor() as cursor:
            cursor.execute(_TELL, {"id": self._import_id, "phase": phase, "done": done, "total": total})
            found = cursor.fetchone()
        # An import that the transaction of a test has not committed is invisible from here, and nobody can have cancelled it.
        if found and found[0] != ImportState.WAITING:
            raise ImportStopped


@contextmanager
def watched(*, import_id: int) -> Iterator[WatchedProgress]:
    """
    This function will give the progress of an import that a page may be watching, and close its connection at the end.
    """
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield WatchedProgress(connection, import_id=import_id)
    finally:
        connection.close()
