"""The database's own guards of the tree of branches, and of what hangs on it."""

from __future__ import annotations

import pgtrigger

REFUSED = "USING ERRCODE = 'check_violation'"


def tree() -> list[pgtrigger.Trigger]:
    """
    Triggers for branches: levels go down one by one, a path is the parent's and the own id, nobody becomes a member of the own
    subtree because a branch moves.
    """
    return [
        pgtrigger.Trigger(
            name="levels",
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id", "level"),
            when=pgtrigger.Before,
            func=f"""
                IF NEW.parent_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM accounts_branch above WHERE above.id = NEW.parent_id
                    AND (above.level, NEW.level) IN (('province', 'city'), ('city', 'county'))
                ) THEN RAISE EXCEPTION 'a branch lies one level below its parent' {REFUSED}; END IF; RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="path_of_tree",
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id", "path"),
            when=pgtrigger.After,
            timing=pgtrigger.Deferred,
            # Read again at commit: of a subtree that moves, parents and children change in one statement.
            func=f"""
                IF EXISTS (
                    SELECT FROM accounts_branch b LEFT JOIN accounts_branch above ON above.id = b.parent_id
                    WHERE (b.id = NEW.id OR b.parent_id = NEW.id) AND b.path <> coalesce(above.path, '') || b.id || '.'
                ) THEN RAISE EXCEPTION 'the path of a branch is not that of the tree' {REFUSED}; END IF; RETURN NULL;
            """,
        ),
        pgtrigger.Trigger(
            name="no_member_of_own_subtree",
            operation=pgtrigger.UpdateOf("path"),
            when=pgtrigger.After,
            func=f"""
                IF {_has_staff_of_subtree("e.branch_id = NEW.id")}
                THEN RAISE EXCEPTION 'a member of an employer in the own subtree' {REFUSED}; END IF; RETURN NULL;
            """,
        ),
    ]


def open_branch() -> pgtrigger.Trigger:
    """
    A trigger for rows that belong to a branch: none comes to a closed one. It waits for whoever closes the branch just then.
    """
    return pgtrigger.Trigger(
        name="open_branch",
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("branch_id"),
        when=pgtrigger.Before,
        func=f"""
            PERFORM FROM accounts_branch WHERE id = NEW.branch_id AND closed_at IS NULL FOR KEY SHARE;
            IF NOT FOUND THEN RAISE EXCEPTION 'the branch is closed' {REFUSED}; END IF; RETURN NEW;
        """,
    )


def no_staff_of_new_branch() -> pgtrigger.Trigger:
    """A trigger for employers: none moves under staff who belong to its account (rulebook §1, two-person rule)."""
    return pgtrigger.Trigger(
        name="no_staff_of_new_branch",
        operation=pgtrigger.UpdateOf("branch_id"),
        when=pgtrigger.After,
        func=f"""
            IF {_has_staff_of_subtree("e.id = NEW.id")}
            THEN RAISE EXCEPTION 'a member of an employer in the own subtree' {REFUSED}; END IF; RETURN NULL;
        """,
    )


def _has_staff_of_subtree(employers: str) -> str:
    """SQL: whether somebody with an account of these employers is active staff of a branch above."""
    return f"""
        EXISTS (
            SELECT FROM employers_employer e JOIN accounts_branch theirs ON theirs.id = e.branch_id
            JOIN employers_membership m ON m.employer_id = e.id AND m.ended_at IS NULL
            JOIN accounts_user member ON member.id = m.user_id
            JOIN accounts_user staff ON staff.mobile = member.mobile AND staff.is_staff_account AND staff.is_active
            JOIN accounts_staffpost p ON p.user_id = staff.id
            JOIN accounts_branch ours ON ours.id = p.branch_id AND theirs.path LIKE ours.path || '%'
            WHERE {employers}
        )
    """
