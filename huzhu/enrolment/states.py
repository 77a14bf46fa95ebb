"""The flow of 参保申请 (rulebook §2.3): data only. Pages, work lists, timeline, database guard and docs read it from here."""

from django.db import models

from huzhu.accounts.roles import CASHIERS, EMPLOYER_ENROLLERS, EMPLOYER_PAYERS, SYSTEM, StaffRole
from huzhu.shared.workflow import Workflow, step


class State(models.TextChoices):
    DRAFT = "draft", "草稿"
    AWAITING_FORM = "awaiting_form", "待回传申请书"
    FIRST_REVIEW = "first_review", "待初审"
    SECOND_REVIEW = "second_review", "待复审"
    AWAITING_PAYMENT = "awaiting_payment", "待缴款"
    EFFECTIVE = "effective", "已生效"
    RETURNED = "returned", "已退回"
    DELETED = "deleted", "已删除"
    CANCELLED = "cancelled", "已撤单"
    EXPIRED = "expired", "逾期失效"


class Action(models.TextChoices):
    SUBMIT = "submit", "提交"
    EDIT = "edit", "编辑"
    SEND_FORM = "send_form", "回传盖章申请书"
    RECALL = "recall", "撤回"
    APPROVE_FIRST = "approve_first", "初审通过"
    RETURN_FIRST = "return_first", "初审退回"
    APPROVE_SECOND = "approve_second", "复审通过"
    RETURN_SECOND = "return_second", "复审退回"
    SETTLE = "settle", "确认缴款"
    SETTLE_FREE = "settle_free", "复审通过（无需缴款）"
    WITHDRAW_TO_DRAFT = "withdraw_to_draft", "撤单并修改"
    CANCEL = "cancel", "撤单"
    EXPIRE = "expire", "逾期未缴"
    REISSUE = "reissue", "重新生成缴款单"
    DELETE = "delete", "删除"


WORKFLOW = Workflow(
    "enrolment",
    states=State,
    actions=Action,
    initial=[State.DRAFT],
    steps={
        Action.SUBMIT: step(
            [State.DRAFT, State.RETURNED], State.AWAITING_FORM, by=EMPLOYER_ENROLLERS, guard="nothing_missing"
        ),
        Action.EDIT: step([State.AWAITING_FORM], State.DRAFT, by=EMPLOYER_ENROLLERS),
        Action.SEND_FORM: step(
            [State.AWAITING_FORM], State.FIRST_REVIEW, by=EMPLOYER_ENROLLERS, guard="nothing_missing"
        ),
        Action.RECALL: step([State.FIRST_REVIEW], State.RETURNED, by=EMPLOYER_ENROLLERS, guard="not_claimed"),
        Action.APPROVE_FIRST: step(
            [State.FIRST_REVIEW],
            State.SECOND_REVIEW,
            by=[StaffRole.REGISTRAR],
            guard="nothing_blocking",
            in_bulk=True,
        ),
        Action.RETURN_FIRST: step(
            [State.FIRST_REVIEW],
            State.RETURNED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="enrolment_returned",
        ),
        Action.APPROVE_SECOND: step(
            [State.SECOND_REVIEW],
            State.AWAITING_PAYMENT,
            by=[StaffRole.REVIEWER],
            guard="another_person_than_first_review",
            tells="payment_notice",
            in_bulk=True,
        ),
        Action.RETURN_SECOND: step(
            [State.SECOND_REVIEW],
            State.RETURNED,
            by=[StaffRole.REVIEWER],
            guard="has_reason",
            tells="enrolment_returned",
        ),
        Action.SETTLE_FREE: step(
            [State.SECOND_REVIEW],
            State.EFFECTIVE,
            by=[StaffRole.REVIEWER],
            guard="nothing_to_pay",
            tells="enrolment_given",
        ),
        Action.SETTLE: step(
            [State.AWAITING_PAYMENT],
            State.EFFECTIVE,
            by=[SYSTEM, *(StaffRole.CASHIER, StaffRole.CASHIER_REVIEWER)],
            guard="slip_fully_paid",
            tells="enrolment_effective",
            waits=False,  # the money brings it about; the cashiers' work is the bank line
        ),
        Action.WITHDRAW_TO_DRAFT: step(
            [State.AWAITING_PAYMENT],
            State.DRAFT,
            by=[*EMPLOYER_PAYERS, *CASHIERS],
            guard="nothing_arrived_or_cashier_decided",
            waits=False,  # the cashiers' work is the request that asks for it
        ),
        Action.CANCEL: step(
            [State.AWAITING_PAYMENT],
            State.CANCELLED,
            by=[*EMPLOYER_PAYERS, *CASHIERS],
            guard="nothing_arrived_or_cashier_decided",
            waits=False,
        ),
        Action.EXPIRE: step(
            [State.AWAITING_PAYMENT], State.EXPIRED, by=[SYSTEM], guard="past_due", tells="slip_expired"
        ),
        Action.REISSUE: step(
            [State.EXPIRED],
            State.AWAITING_PAYMENT,
            by=[SYSTEM, *CASHIERS],  # the program when money in time turns up after all (rulebook §2.5)
            guard="within_90_days",
            tells="payment_notice",
            waits=False,
        ),
        Action.DELETE: step([State.DRAFT, State.RETURNED, State.AWAITING_FORM], State.DELETED, by=EMPLOYER_ENROLLERS),
    },
    deadlines={State.FIRST_REVIEW: "first_review_days", State.SECOND_REVIEW: "second_review_days"},
)

# While an application stands in one of these, its people hold the places of gifts and subsidies they were promised.
HOLDS_PLACES = frozenset(
    {State.AWAITING_FORM, State.FIRST_REVIEW, State.SECOND_REVIEW, State.AWAITING_PAYMENT, State.EFFECTIVE}
)

EDITABLE = frozenset({State.DRAFT, State.RETURNED})


class Severity(models.TextChoices):
    """How a finding is to be taken (rulebook §3)."""

    BLOCK = "block", "不可参保"
    PROOF = "proof", "需材料"
    WARN = "warn", "提示"
    INFO = "info", "说明"


class ProofKind(models.TextChoices):
    """What a proof slot must show, in the guide's words."""

    IN_SERVICE_CERTIFICATE = "in_service_certificate", "延迟退休参保职工在职证明"
    DISPATCH_PROOF = "dispatch_proof", "劳务派遣人员证明"
    INSURANCE_ROSTER = "insurance_roster", "当月社保或省直医保参保名单"
    PARTICIPATION_NOTE = "participation_note", "参保比例说明"
