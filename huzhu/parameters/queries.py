"""What a parameter is on a day. The one function that readers ask is `get`."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Length

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import DEFINITIONS, Value
from huzhu.parameters.states import ChangeState


def get(key: str, *, day: date, branch: Branch | None = None) -> Value:
    """
    This function will give the value of a parameter on a day: the branch's own or that of the nearest branch above it, else the
    association's, else the default. One query.
    """
    change = get_change(key, day=day, branch=branch)
    return change.read_value if change else DEFINITIONS[key].default


def get_number(key: str, *, day: date, branch: Branch | None = None) -> int:
    """
    This function will give a parameter that is a number.
    """
    return int(get(key, day=day, branch=branch))


def get_change(key: str, *, day: date, branch: Branch | None = None) -> ParameterChange | None:
    """The row that says what holds on a day; None while the default does."""
    places = Q(branch__isnull=True)
    if branch is not None:
        places |= Q(branch__path__in=scope.get_paths_above(branch))
    held = ParameterChange.objects.filter(places, key=key, state=ChangeState.CONFIRMED, effective_from__lte=day)
    depth = Coalesce(Length("branch__path"), 0)
    return held.annotate(depth=depth).order_by("depth", "effective_from", "pk").last()


def get_pending() -> QuerySet[ParameterChange]:
    """The changes that wait for a second person, oldest first."""
    return ParameterChange.objects.filter(state=ChangeState.PROPOSED).select_related("branch").order_by("pk")


def get_history(key: str) -> QuerySet[ParameterChange]:
    """Every change of a parameter, latest first; not scoped: pages narrow it with `visible_to`."""
    return ParameterChange.objects.filter(key=key).select_related("branch").order_by("-pk")
