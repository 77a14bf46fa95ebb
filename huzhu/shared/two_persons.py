"""
The two-person rule on rows that one person asks for and another decides (rulebook §1): who decided is on the row as a person, the
database fills it in from the account, and refuses the row when that person, or whom a deputy stood in for, is one who asked, by
whichever mobile of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def true_persons(*makers: str, until: str = "", also: str = "") -> list[pgtrigger.Trigger]:
    """
    The triggers that keep the two columns honest: the decider is the person of the account that decided, who asked stays who
    asked, and the two are no one person by an earlier mobile.

    :param until: a state on the way to which somebody else may take the asking over
    :param also: SQL for a text[] of others who may not decide either
    """
    changed = " OR ".join(f"NEW.{maker} IS DISTINCT FROM OLD.{maker}" for maker in makers)
    unless = f" AND NEW.state <> '{until}'" if until else ""
    return [
        true_decider(),
        pgtrigger.Trigger(
            name="askers_stay",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"IF ({changed}){unless} THEN RAISE EXCEPTION 'who asked stays who asked' "
            "USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
        ),
        by_any_mobile([DECIDER, PRINCIPAL], makers, also=also),
    ]


def true_decider() -> pgtrigger.Trigger:
    """
    The trigger that says who the account is that decided.
    """
    return pgtrigger.Trigger(
        name="true_decider",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.Before,
        func=f"NEW.{DECIDER} := COALESCE((SELECT u.mobile FROM accounts_user u WHERE u.id = NEW.decided_by_id), "
        f"NEW.{DECIDER}); RETURN NEW;",
    )


def by_any_mobile(
    deciders: Iterable[str],
    makers: Iterable[str],
    *,
    where: str = "true",
    also: str = "",
    name: str = "two_persons_by_any_mobile",
) -> pgtrigger.Trigger:
    """
    The trigger that refuses a decider who is one of the makers by a mobile of before: the accounts say which mobiles are one
    person's. It looks only when one of the columns changes, so that a number given to somebody else does not freeze old rows.

    :param where: SQL for the rows it is about
    :param also: SQL for a text[] of others who may not decide either
    """
    deciders, makers = list(deciders), list(makers)
    columns = [*deciders, *makers]
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    others = f" || ({also})" if also else ""
    known = "(u.former_mobiles || u.mobile)::text[]"
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.After,
        declare=[("deciders", "text[]"), ("makers", "text[]")],
        func=f"""
            IF ({where}) AND (TG_OP = 'INSERT' OR ({after}) IS DISTINCT FROM ({before})) THEN
                deciders := array_remove(ARRAY[{", ".join(f"NEW.{each}" for each in deciders)}]::text[], '');
                IF cardinality(deciders) > 0 THEN
                    makers := array_remove(ARRAY[{", ".join(f"NEW.{each}" for each in makers)}]::text[]{others}, '');
                    IF deciders && makers OR EXISTS (
                        SELECT FROM accounts_user u
                        WHERE u.former_mobiles <> '{{}}' AND {known} && deciders AND {known} && makers
                    ) THEN
                        RAISE EXCEPTION 'another person decides' USING ERRCODE = 'check_violation';
                    END IF;
                END IF;
            END IF;
            RETURN NULL;
        """,
    )
