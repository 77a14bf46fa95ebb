"""
Rows with several parents: all of them belong to one employer. Asked by a trigger over the rows of a whole statement, because a
composite key would put an employer and an index more on rows that are written by the hundred thousand (docs/adr/0030).
"""

from __future__ import annotations

import pgtrigger


def of_one_employer(mixed: str, *, fields: list[str]) -> list[pgtrigger.Trigger]:
    """
    The triggers that refuse rows whose parents are of two employers: once per statement that inserts, and for a row whose parents
    change.

    :param mixed: SQL that finds such rows among `{rows}`
    :param fields: the fields of the parents
    """
    refuse = "RAISE EXCEPTION 'parents of two employers' USING ERRCODE = 'foreign_key_violation';"
    return [
        pgtrigger.Trigger(
            name="one_employer",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            func=f"IF EXISTS ({mixed.format(rows='new_rows')}) THEN {refuse} END IF; RETURN NULL;",
        ),
        pgtrigger.Trigger(
            name="one_employer_still",
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(*fields),
            func=f"IF EXISTS ({mixed.format(rows='(SELECT NEW.*)')}) THEN {refuse} END IF; RETURN NULL;",
        ),
    ]
