"""Everything that writes about employers: registration, the people of an account, group links."""

from huzhu.employers.operations.groups import (
    LinkRefused,
    confirm_link,
    end_link,
    refuse_link,
    request_link,
)
from huzhu.employers.operations.members import (
    JoinRefused,
    accept_join,
    ask_to_join,
    change_roles,
    end_membership,
    refuse_join,
)
from huzhu.employers.operations.registering import (
    AlreadyRegistered,
    Entry,
    EntryRefused,
    approve_registration,
    register,
    reject_registration,
    resubmit,
    reveal_registration,
    send_back_registration,
)

__all__ = [
    "AlreadyRegistered",
    "Entry",
    "EntryRefused",
    "JoinRefused",
    "LinkRefused",
    "accept_join",
    "approve_registration",
    "ask_to_join",
    "change_roles",
    "confirm_link",
    "end_link",
    "end_membership",
    "refuse_join",
    "refuse_link",
    "register",
    "reject_registration",
    "request_link",
    "resubmit",
    "reveal_registration",
    "send_back_registration",
]
