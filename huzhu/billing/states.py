"""The flows of money: slips, bank lines, exceptions (rulebook §2.5)."""

from django.db import models

from huzhu.accounts.roles import CASHIERS, EMPLOYER_PAYERS, SYSTEM
from huzhu.shared.workflow import Workflow, step


class SlipState(models.TextChoices):
    OPEN = "open", "待缴款"
    PAID = "paid", "已缴款"
    CANCELLED = "cancelled", "已撤单"
    EXPIRED = "expired", "已逾期"


class SlipAction(models.TextChoices):
    PAY = "pay", "缴款到账"
    CANCEL = "cancel", "撤单"
    EXPIRE = "expire", "逾期"


SLIP = Workflow(
    "slip",
    states=SlipState,
    actions=SlipAction,
    initial=[SlipState.OPEN],
    steps={
        # Money with a value date in time pays even a slip that has expired meanwhile (rulebook §2.5).
        SlipAction.PAY: step(
            [SlipState.OPEN, SlipState.EXPIRED],
            SlipState.PAID,
            by=[SYSTEM, *CASHIERS],
            guard="fully_allocated",
            waits=False,  # the money brings it about; the cashiers' work is the bank line
        ),
        SlipAction.CANCEL: step(
            [SlipState.OPEN],
            SlipState.CANCELLED,
            by=[*EMPLOYER_PAYERS, *CASHIERS],
            guard="nothing_arrived_or_cashier_decided",
            waits=False,
        ),
        SlipAction.EXPIRE: step([SlipState.OPEN], SlipState.EXPIRED, by=[SYSTEM], guard="past_due"),
    },
)


class SlipRequestState(models.TextChoices):
    """Where a wish about a slip stands."""

    REQUESTED = "requested", "待办理"
    APPROVED = "approved", "已同意"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"
    VOID = "void", "已失效"


class SlipRequestAction(models.TextChoices):
    APPROVE = "approve", "同意"
    REFUSE = "refuse", "不同意"
    WITHDRAW = "withdraw", "撤回申请"
    VOID = "void", "随缴款单失效"


def _decided_by_cashiers(name: str, *, tells: str) -> Workflow:
    """What an employer asks for about an open slip: a cashier decides, unless it is taken back or the slip is closed."""
    waiting = [SlipRequestState.REQUESTED]
    return Workflow(
        name,
        states=SlipRequestState,
        actions=SlipRequestAction,
        initial=waiting,
        steps={
            SlipRequestAction.APPROVE: step(
                waiting,
                SlipRequestState.APPROVED,
                by=CASHIERS,
                guard="another_person_than_asked",
                tells=f"{tells}_approved",
            ),
            SlipRequestAction.REFUSE: step(
                waiting, SlipRequestState.REFUSED, by=CASHIERS, guard="has_reason", tells=f"{tells}_refused"
            ),
            SlipRequestAction.WITHDRAW: step(waiting, SlipRequestState.WITHDRAWN, by=EMPLOYER_PAYERS, waits=False),
            SlipRequestAction.VOID: step(
                waiting, SlipRequestState.VOID, by=[SYSTEM], guard="slip_is_closed", waits=False
            ),
        },
        deadlines={SlipRequestState.REQUESTED: "slip_request_days"},
    )


# 延迟缴款申请: a later due date. 申请撤单 where money has come in.
EXTENSION = _decided_by_cashiers("payment_extension", tells="extension")
CANCELLATION = _decided_by_cashiers("slip_cancellation", tells="cancellation")


class TransactionState(models.TextChoices):
    """Where a bank line stands."""

    UNMATCHED = "unmatched", "待认领"
    PROPOSED = "proposed", "待复核"
    MATCHED = "matched", "已核销"
    SET_ASIDE = "set_aside", "不需核销"


class TransactionAction(models.TextChoices):
    POST = "post", "自动核销"
    PROPOSE = "propose", "提出认领"
    CONFIRM = "confirm", "复核认领"
    DECLINE = "decline", "退回认领"
    SET_ASIDE = "set_aside", "标记不需核销"


BANK_LINE = Workflow(
    "bank_line",
    states=TransactionState,
    actions=TransactionAction,
    initial=[TransactionState.UNMATCHED, TransactionState.SET_ASIDE],
    steps={
        TransactionAction.POST: step(
            [TransactionState.UNMATCHED], TransactionState.MATCHED, by=[SYSTEM], guard="exact_amount"
        ),
        TransactionAction.PROPOSE: step([TransactionState.UNMATCHED], TransactionState.PROPOSED, by=CASHIERS),
        TransactionAction.CONFIRM: step(
            [TransactionState.PROPOSED],
            TransactionState.MATCHED,
            by=CASHIERS,
            guard="another_person_than_importer_and_proposer",
        ),
        TransactionAction.DECLINE: step([TransactionState.PROPOSED], TransactionState.UNMATCHED, by=CASHIERS),
        TransactionAction.SET_ASIDE: step(
            [TransactionState.UNMATCHED], TransactionState.SET_ASIDE, by=CASHIERS, guard="has_reason"
        ),
    },
    deadlines={TransactionState.UNMATCHED: "matching_days", TransactionState.PROPOSED: "allocation_review_days"},
)


class MatchStep(models.TextChoices):
    """By which step of the matching order an amount was allocated."""

    EXACT_NUMBER = "exact_number", "备注含缴款单号"
    NORMALISED_NUMBER = "normalised_number", "缴款单号校正后一致"
    SEVERAL_NUMBERS = "several_numbers", "多张缴款单合并汇款"
    KNOWN_PAYER = "known_payer", "已确认的付款账户"
    BY_HAND = "by_hand", "人工认领"


class ExceptionKind(models.TextChoices):
    PAYER_MISMATCH = "payer_mismatch", "付款户名与参保单位不一致"
    NO_REFERENCE = "no_reference", "未填写缴款单号"
    AMOUNT_SHORT = "amount_short", "金额不足"
    AMOUNT_OVER = "amount_over", "金额多缴"
    MERGED = "merged", "多单合并汇款"
    SPLIT = "split", "一单分次汇款"
    DUPLICATE = "duplicate", "重复缴款"
    SLIP_CANCELLED = "slip_cancelled", "缴款单已撤单"
    SLIP_EXPIRED = "slip_expired", "缴款单已逾期"
    BOUNCED = "bounced", "银行退汇"


class Account(models.TextChoices):
    """The accounts of the ledger."""

    BANK = "bank", "银行存款"
    UNALLOCATED = "unallocated", "待核销款"
    SLIPS_RECEIVABLE = "slips_receivable", "应收保障费"
    SUBSIDY_RECEIVABLE = "subsidy_receivable", "应收补贴"
    CONTRIBUTION_INCOME = "contribution_income", "保障费收入"
    CREDIT_BALANCE = "credit_balance", "单位预存款"
    REFUNDS = "refunds", "应退款"
