"""When the roster learns that a person is somebody else than it was thought: the employer's cover follows."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from huzhu.cover.models import Cover


def follow_worker(*, employer_id: int, former_worker_id: int, worker_id: int) -> bool:
    """
    This function will hand one employer's cover of a person over to the person it is now known to be, in the caller's transaction;
    False, and nothing changed, if the overlap guard finds that both were covered beyond the limit.
    """
    covers = Cover.objects.filter(employer_id=employer_id, worker_id=former_worker_id)
    try:
        with transaction.atomic():
            covers.update(worker_id=worker_id)
    except IntegrityError:
        return False
    return True
