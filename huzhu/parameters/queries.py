"""What a parameter is on a day. The one function that readers ask is `get`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import CharField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Length

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.parameters import rules
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import DEFINITIONS
from huzhu.parameters.states import ChangeState


def get(key: str, *, day: date, branch: Branch | None = None) -> rules.Value:
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


def get_many(keys: Iterable[str], *, day: date) -> dict[str, rules.Value]:
    """
    This function will give what several parameters are on a day for the whole association, in one query.
    """
    keys = list(keys)
    held = ParameterChange.objects.filter(
        key__in=keys, branch__isnull=True, state=ChangeState.CONFIRMED, effective_from__lte=day
    )
    changed = {change.key: change.read_value for change in held.order_by("effective_from", "pk")}
    return {key: changed.get(key, DEFINITIONS[key].default) for key in keys}


def get_change(key: str, *, day: date, branch: Branch | None = None) -> ParameterChange | None:
    """The row that says what holds on a day; None while the default does."""
    places = Q(branch__isnull=True)
    if branch is not None:
        places |= Q(branch__path__in=scope.get_paths_above(branch))
    held = ParameterChange.objects.filter(places, key=key, state=ChangeState.CONFIRMED, effective_from__lte=day)
    depth = Coalesce(Length("branch__path"), 0)
    return held.annotate(depth=depth).order_by("depth", "effective_from", "pk").last()


def held_by_row(key: str, *, day: str, place: str = "") -> Coalesce:
    """
    This function will give an expression for rows of another table: the value, as it is stored, that a parameter has for each.

    :param day: the row's column with the day
    :param place: the row's lookup to the path of its branch; empty where only what holds for the whole association counts
    """
    held = ParameterChange.objects.filter(key=key, state=ChangeState.CONFIRMED, effective_from__lte=OuterRef(day))
    if place:
        held = held.annotate(place=ExpressionWrapper(OuterRef(place), CharField())).filter(
            Q(branch__isnull=True) | Q(place__startswith=F("branch__path"))
        )
    else:
        held = held.filter(branch__isnull=True)
    nearest = held.order_by(Coalesce(Length("branch__path"), 0).desc(), "-effective_from", "-pk")
    definition = DEFINITIONS[key]
    return Coalesce(Subquery(nearest.values("value")[:1]), Value(definition.write(definition.default)))


def get_pending() -> QuerySet[ParameterChange]:
    """The changes that wait for a second person, oldest first."""
    return ParameterChange.objects.filter(state=ChangeState.PROPOSED).select_related("branch").order_by("pk")


def get_history(key: str) -> QuerySet[ParameterChange]:
    """Every change of a parameter, latest first; not scoped: pages narrow it with `visible_to`."""
    return ParameterChange.objects.filter(key=key).select_related("branch").order_by("-pk")
