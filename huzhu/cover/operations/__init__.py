"""Everything that writes about cover: making it, binding policies of the old system, looks at full numbers."""

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
from huzhu.cover.operations.looks import reveal_numbers
from huzhu.cover.operations.making import CreatedCovers, LeftOut, Source, create_covers
from huzhu.cover.operations.past_imports import import_past_policies
from huzhu.cover.operations.past_uploads import UPLOAD_TASK, read_upload, receive_past_policies, refuse_upload

__all__ = [
    "UPLOAD_TASK",
    "BindingRefused",
    "CreatedCovers",
    "LeftOut",
    "PastPerson",
    "Source",
    "bind_policy",
    "confirm_binding",
    "create_covers",
    "follow_bindings",
    "import_past_policies",
    "read_upload",
    "receive_past_policies",
    "record_past_policy",
    "refuse_upload",
    "reject_binding",
    "reveal_numbers",
    "withdraw_binding",
]
