"""
The two-person rule on rows that one person asks for and another decides (rulebook §1): who decided is on the row as a person, the
database fills it in from the account, and refuses the row when that person, or whom a deputy stood in for, is one who asked.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from huzhu.shared.actors import Actor

DECIDER, PRINCIPAL = "decided_by_person", "decided_for_person"


def sign(record: Any, *, by: Actor) -> None:
    """
    This function will note on a record who decides on it: the account, the person, and whom a deputy stands in for.
    """
    record.decided_by_id, record.decided_by_person, record.decided_for_person = by.user_id, by.person, by.for_person


def decider_is_another(*makers: str, name: str) -> models.CheckConstraint:
    """
    The constraint that neither the person who decided nor the one stood in for is one of the makers.
    """
    apart = [Q(**{column: ""}) | ~Q(**{column: F(maker)}) for column in (DECIDER, PRINCIPAL) for maker in makers]
    return models.CheckConstraint(condition=reduce(and_, apart), name=name)


def decided_by_somebody(condition: Q, *, name: str) -> models.CheckConstraint:
    """
    The constraint that a row in a state only a person can give it says who that was.
    """
    return models.CheckConstraint(condition=~condition | ~Q(**{DECIDER: ""}), name=name)


def true_persons(*makers: str, until: str = "") -> list[pgtrigger.Trigger]:
    """
    The triggers that keep the two columns honest: the decider is the person of the account that decided, and who asked stays who
    asked.

    :param until: a state on the way to which somebody else may take the asking over
    """
    changed = " OR ".join(f"NEW.{maker} IS DISTINCT FROM OLD.{maker}" for maker in makers)
    unless = f" AND NEW.state <> '{until}'" if until else ""
    return [
        pgtrigger.Trigger(
            name="true_decider",
            operation=pgtrigger.Insert | pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"NEW.{DECIDER} := COALESCE((SELECT u.mobile FROM accounts_user u WHERE u.id = NEW.decided_by_id), "
            f"NEW.{DECIDER}); RETURN NEW;",
        ),
        pgtrigger.Trigger(
            name="askers_stay",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"IF ({changed}){unless} THEN RAISE EXCEPTION 'who asked stays who asked' "
            "USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
        ),
    ]
