"""A second person decides on a change of a parameter: whoever has claimed it, and nobody else; the claim ends with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huzhu.parameters import operations as parameters
from huzhu.parameters.models import ParameterChange
from huzhu.shared.actors import Actor
from huzhu.work import operations as work


@transaction.atomic
def confirm_parameter(*, change_id: int, by: Actor, at: datetime) -> ParameterChange:
    """
    This function will let a proposed change hold from its day on.

    :raises work.AlreadyClaimed: if a colleague has claimed it; for the rest see `parameters.confirm_change`
    """
    work.check_free(_lock(change_id), by=by)
    change = parameters.confirm_change(change_id=change_id, by=by, at=at)
    work.finish(change, at=at)
    return change


@transaction.atomic
def refuse_parameter(*, change_id: int, reason: str, by: Actor, at: datetime) -> ParameterChange:
    """
    This function will refuse a proposed change.

    :raises work.AlreadyClaimed: if a colleague has claimed it; for the rest see `parameters.refuse_change`
    """
    work.check_free(_lock(change_id), by=by)
    change = parameters.refuse_change(change_id=change_id, reason=reason, by=by, at=at)
    work.finish(change, at=at)
    return change


def _lock(change_id: int) -> ParameterChange:
    """The row whose lock claiming takes too."""
    return ParameterChange.objects.select_for_update(of=("self",)).get(pk=change_id)
