"""The flow of an e-receipt (rulebook §2.6): requested → issued → reversed, never deleted."""

from django.db import models

from huzhu.accounts.roles import EMPLOYER_PAYERS, SYSTEM, StaffRole
from huzhu.shared.workflow import Workflow, step


class RequestState(models.TextChoices):
    REQUESTED = "requested", "待开票"
    ISSUED = "issued", "已开票"
    REVERSED = "reversed", "已红冲"
    REFUSED = "refused", "已退回"


class RequestAction(models.TextChoices):
    ISSUE = "issue", "开具电子票据"
    REFUSE = "refuse", "退回申请"
    REVERSE = "reverse", "红冲"


REQUEST = Workflow(
    "receipt_request",
    states=RequestState,
    actions=RequestAction,
    initial=[RequestState.REQUESTED],
    steps={
        RequestAction.ISSUE: step(
            [RequestState.REQUESTED],
            RequestState.ISSUED,
            by=[StaffRole.CASHIER, SYSTEM],
            tells="receipt_issued",
            in_bulk=True,
        ),
        RequestAction.REFUSE: step(
            [RequestState.REQUESTED],
            RequestState.REFUSED,
            by=[StaffRole.CASHIER],
            guard="has_reason",
            tells="receipt_refused",
        ),
        RequestAction.REVERSE: step(
            [RequestState.ISSUED],
            RequestState.REVERSED,
            by=[StaffRole.CASHIER_REVIEWER],
            guard="another_person_than_issuer",
            waits=False,
        ),
    },
    deadlines={RequestState.REQUESTED: "receipt_days"},
)
RECEIPT_REQUESTERS = EMPLOYER_PAYERS
LIVE = frozenset({RequestState.REQUESTED, RequestState.ISSUED})  # these hold the amount they asked for
