"""Everything that writes assignments, deputies and copies."""

from huzhu.work.operations.assignments import (
    AlreadyClaimed,
    NotClaimed,
    NotWaiting,
    check_free,
    claim,
    finish,
    free_stranded,
    hand_back,
    pass_on,
)
from huzhu.work.operations.copies import CopyRefused, read_copies, send_copies
from huzhu.work.operations.deputies import DeputyRefused, appoint_deputy, end_deputy

__all__ = [
    "AlreadyClaimed",
    "CopyRefused",
    "DeputyRefused",
    "NotClaimed",
    "NotWaiting",
    "appoint_deputy",
    "check_free",
    "claim",
    "end_deputy",
    "finish",
    "free_stranded",
    "hand_back",
    "pass_on",
    "read_copies",
    "send_copies",
]
