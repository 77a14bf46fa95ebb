"""The tree of branches as rows: what belongs to an office itself, and with everything below it."""

from __future__ import annotations

from dataclasses import dataclass

from huzhu.accounts import queries as accounts
from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.accounts.roles import StaffRole
from huzhu.employers import queries as employers
from huzhu.employers.models import BranchTransfer
from huzhu.shared.actors import Actor

LATEST = 10
READERS = frozenset({StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.AUDITOR})  # of 单位划转 (routes_registrations)


@dataclass(frozen=True, kw_only=True)
class BranchRow:
    """One office with its counts: own, and with those below."""

    branch: Branch
    employers: int
    employers_below: int
    staff: int
    staff_below: int
    is_match: bool = True


@dataclass(frozen=True, kw_only=True)
class TransferRow:
    """One employer that left or reached an office."""

    transfer: BranchTransfer
    arrives: bool
    may_read: bool


def get_tree(*, actor: Actor, words: str = "", closed: bool = False) -> list[BranchRow]:
    """
    This function will give the actor's subtree in its order; with words only the offices that match, and those above them.
    """
    tree = accounts.get_branches(actor=actor, closed=True)
    of_employers, of_staff = employers.count_employers_by_branch(), accounts.count_staff()
    sums = {branch.path: [0, 0] for branch in tree}
    for branch in tree:
        for path in scope.get_paths_above(branch):
            if path in sums:
                sums[path][0] += of_employers.get(branch.pk, 0)
                sums[path][1] += of_staff.get(branch.pk, 0)
    words = words.strip().lower()
    matching = {branch.path for branch in tree if words in branch.name.lower() or branch.code.lower().startswith(words)}
    shown = {path for branch in tree if branch.path in matching for path in scope.get_paths_above(branch)}
    return [
        BranchRow(
            branch=branch,
            employers=of_employers.get(branch.pk, 0),
            employers_below=sums[branch.path][0],
            staff=of_staff.get(branch.pk, 0),
            staff_below=sums[branch.path][1],
            is_match=branch.path in matching,
        )
        for branch in tree
        if branch.path in shown and (closed or not branch.closed_at)
    ]


def get_row(branch: Branch, *, actor: Actor) -> BranchRow:
    """
    This function will give one office with its counts.
    """
    return next(row for row in get_tree(actor=actor, closed=True) if row.branch.pk == branch.pk)


def get_transfers(branch: Branch, *, actor: Actor) -> list[TransferRow]:
    """
    This function will give the employers that lately left or reached an office, the latest first; without link for who may not read
    them.
    """
    may_read = not READERS.isdisjoint(actor.roles)
    return [
        TransferRow(transfer=each, arrives=each.to_branch_id == branch.pk, may_read=may_read)
        for each in employers.get_transfers_of(branch=branch)[:LATEST]
    ]
