"""
批量划转: several employers go to one branch in one act, each as its own transfer by the rules of the single one, with a result per
row. What needs the receiving side's second person waits for it, row by row.

Every row is a transaction of its own: what was transferred stays so whatever happens to the rows after it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from huzhu.accounts.policy import NotPermitted
from huzhu.employers import operations as employers
from huzhu.employers import queries
from huzhu.employers.models import BranchTransfer, Employer
from huzhu.journeys import transfer_employer
from huzhu.shared.actors import Actor

MOST: Final = 100
UNKNOWN = "您的辖区内没有这家参保单位，请核对信用代码或全称。"
log = logging.getLogger(__name__)


class TooMany(Exception):
    """More employers than one act transfers; nothing was done."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one employer; the reason in words where it was not transferred."""

    words: str  # as it was named
    employer: Employer | None
    transfer: BranchTransfer | None
    reason: str = ""


def request_in_bulk(*, named: Sequence[str], to_branch_id: int, reason: str, by: Actor, at: datetime) -> list[Outcome]:
    """
    This function will ask for the transfer of each employer named by credit code or whole name, at once where both branches are the
    actor's, and tell of each what became of it, in the order given; one named twice counts once.

    :raises TooMany: if more than a hundred are named
    """
    chosen = list(dict.fromkeys(named))
    if len(chosen) > MOST:
        raise TooMany(f"一次最多划转 {MOST} 家单位，已填 {len(chosen)} 家，请分批办理。")
    outcomes: list[Outcome] = []
    done: set[int] = set()
    for words in chosen:
        employer = queries.get_named_employer(actor=by, words=words)
        if employer and employer.pk in done:
            continue  # once by its code, once by its name
        outcomes.append(_request(words, employer, to_branch_id=to_branch_id, reason=reason, by=by, at=at))
        done |= {employer.pk} if employer else set()
    return outcomes


def _request(
    words: str, employer: Employer | None, *, to_branch_id: int, reason: str, by: Actor, at: datetime
) -> Outcome:
    if employer is None:
        return Outcome(words=words, employer=None, transfer=None, reason=UNKNOWN)
    try:
        made = transfer_employer.request(
            employer_id=employer.pk, to_branch_id=to_branch_id, reason=reason, by=by, at=at
        )
    except (employers.TransferRefused, NotPermitted) as refusal:
        return Outcome(words=words, employer=employer, transfer=None, reason=str(refusal))
    except Exception:  # the other rows still want their result; this one is looked into
        log.exception("a row of a bulk transfer failed: employer %s", employer.pk)
        trouble = "系统出错，未办理，已记录。请单独划转该单位。"
        return Outcome(words=words, employer=employer, transfer=None, reason=trouble)
    return Outcome(words=words, employer=employer, transfer=made)
