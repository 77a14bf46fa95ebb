"""Everything that writes about cover: making it, and binding policies of the old system."""

from huzhu.cover.operations.bindings import (
    BindingRefused,
    PastPerson,
    bind_policy,
    confirm_binding,
    follow_bindings,
    record_past_policy,
    reject_binding,
    withdraw_binding,
)
from huzhu.cover.operations.making import CreatedCovers, LeftOut, Source, create_covers

__all__ = [
    "BindingRefused",
    "CreatedCovers",
    "LeftOut",
    "PastPerson",
    "Source",
    "bind_policy",
    "confirm_binding",
    "create_covers",
    "follow_bindings",
    "record_past_policy",
    "reject_binding",
    "withdraw_binding",
]
