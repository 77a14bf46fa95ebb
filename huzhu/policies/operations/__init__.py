"""Everything that writes policies."""

from huzhu.policies.operations.checking import TooManyChecks, check_member, count_check
from huzhu.policies.operations.endorsing import Leaving, RemovalRefused, add_members, remove_members
from huzhu.policies.operations.issuing import (
    DOCUMENT_TASK,
    MOST_ON_DEMAND,
    ConfirmationRefused,
    ReservedPolicy,
    attach_confirmation,
    get_suffix,
    issue_policies,
    lock_policy,
    make_document,
    make_verify_code,
    reserve_policies,
    reveal_number,
)
from huzhu.policies.operations.renewing import note_reminders, note_renewal

__all__ = [
    "DOCUMENT_TASK",
    "MOST_ON_DEMAND",
    "ConfirmationRefused",
    "Leaving",
    "RemovalRefused",
    "ReservedPolicy",
    "TooManyChecks",
    "add_members",
    "attach_confirmation",
    "check_member",
    "count_check",
    "get_suffix",
    "issue_policies",
    "lock_policy",
    "make_document",
    "make_verify_code",
    "note_reminders",
    "note_renewal",
    "remove_members",
    "reserve_policies",
    "reveal_number",
]
