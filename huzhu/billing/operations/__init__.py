"""
Everything that writes money, by theme: slips, statements, automatic matching, allocation by hand, and the ledger under them.

Callers read `from huzhu.billing import operations as billing` and `billing.issue_slip(…)`.
"""

from huzhu.billing.operations.automatic import MatchResult, Posted, match_new
from huzhu.billing.operations.by_hand import (
    AllocationRefused,
    confirm_allocation,
    decline_allocation,
    propose_allocation,
    set_aside,
)
from huzhu.billing.operations.cancelling import (
    approve_cancellation,
    ask_cancellation,
    refuse_cancellation,
    withdraw_cancellation,
)
from huzhu.billing.operations.slip_requests import (
    RequestRefused,
    approve_extension,
    ask_extension,
    refuse_extension,
    withdraw_extension,
)
from huzhu.billing.operations.slips import (
    MoneyHasArrived,
    NoPayeeAccount,
    NotExpiredYet,
    NotFullyAllocated,
    NothingToPay,
    NotReissuable,
    book_subsidies,
    cancel_slip,
    credit_left_out,
    expire_slip,
    has_arrived,
    issue_slip,
    note_reminder,
    pay_slip,
    reissue,
)
from huzhu.billing.operations.statements import (
    AccountUnknown,
    ImportResult,
    close_statement,
    finish_matching,
    import_statement,
)

__all__ = [
    "AccountUnknown",
    "AllocationRefused",
    "ImportResult",
    "MatchResult",
    "MoneyHasArrived",
    "NoPayeeAccount",
    "NotExpiredYet",
    "NotFullyAllocated",
    "NotReissuable",
    "NothingToPay",
    "Posted",
    "RequestRefused",
    "approve_cancellation",
    "approve_extension",
    "ask_cancellation",
    "ask_extension",
    "book_subsidies",
    "cancel_slip",
    "close_statement",
    "confirm_allocation",
    "credit_left_out",
    "decline_allocation",
    "expire_slip",
    "finish_matching",
    "has_arrived",
    "import_statement",
    "issue_slip",
    "match_new",
    "note_reminder",
    "pay_slip",
    "propose_allocation",
    "refuse_cancellation",
    "refuse_extension",
    "reissue",
    "set_aside",
    "withdraw_cancellation",
    "withdraw_extension",
]
