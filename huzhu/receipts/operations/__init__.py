"""电子票据: everything that writes."""

from huzhu.receipts.operations.issuing import NoReviewer, ReasonNeeded, issue_receipt, refuse_request, reverse_receipt
from huzhu.receipts.operations.requesting import RequestRefused, request_receipt
from huzhu.receipts.operations.rights import grant_right

__all__ = [
    "NoReviewer",
    "ReasonNeeded",
    "RequestRefused",
    "grant_right",
    "issue_receipt",
    "refuse_request",
    "request_receipt",
    "reverse_receipt",
]
