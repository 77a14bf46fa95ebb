"""An application as its employer sees it: what happens next, who must do it, and which buttons are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from huzhu.accounts import policy
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import Action, State
from huzhu.shared.actors import Actor
from huzhu.ui.menus import url_or_none
from huzhu.work.queries import get_live

EMPLOYER, ASSOCIATION = "贵单位", "互助会"


@dataclass(frozen=True, kw_only=True)
class Next:
    """One sentence: what happens next, who must do it, until when."""

    sentence: str
    who: str = ""
    tone: str = "info"
    due: date | None = None


_NEXT = {
    State.DRAFT: Next(sentence="继续填报，全部核对无误后提交。", who=EMPLOYER, tone="waits"),
    State.RETURNED: Next(sentence="按退回原因修改，再重新提交。", who=EMPLOYER, tone="warns"),
    State.AWAITING_FORM: Next(
        sentence="下载申请书，打印并加盖单位公章，拍照或扫描后回传。", who=EMPLOYER, tone="waits"
    ),
    State.FIRST_REVIEW: Next(sentence="初审参保人员和材料；如需修改会退回并短信通知经办人。", who=ASSOCIATION),
    State.SECOND_REVIEW: Next(sentence="复审；通过后生成缴款单并短信通知经办人缴款。", who=ASSOCIATION),
    State.EFFECTIVE: Next(sentence="参保成功，可以下载电子保单，盖章后申请开票。", tone="done"),
    State.CANCELLED: Next(sentence="缴款单已撤销，本申请不再继续；如需参保请新增申请。", tone="quiet"),
    State.DELETED: Next(sentence="本申请已删除；如需参保请新增申请。", tone="quiet"),
    State.EXPIRED: Next(
        sentence="缴款单已逾期失效；90 天内可联系互助会财务重新生成缴款单，请勿再按原单汇款。",
        who=EMPLOYER,
        tone="warns",
    ),
}


# Where sponsors pay everything there is neither a slip nor anything to receipt.
_ALL_GIVEN = {
    State.SECOND_REVIEW: Next(sentence="复审；保障费由出资单位承担，通过后直接生效，无需缴款。", who=ASSOCIATION),
    State.EFFECTIVE: Next(sentence="参保成功，保障费由出资单位承担，无需缴款和开票；可以下载电子保单。", tone="done"),
}


def get_next(*, application: EnrolmentApplication, slip: PaymentSlip | None) -> Next:
    """
    This function will say what happens next with an application; an open slip adds amount, number and due date.
    """
    state = State(application.state)
    if state == State.AWAITING_PAYMENT:
        words = f"按缴款单 {slip.number} 足额汇款，汇款用途栏填写缴款单号。" if slip else "按缴款单足额汇款。"
        return Next(sentence=words, who=f"{EMPLOYER}财务", tone="waits", due=slip.due_on if slip else None)
    if state == State.FIRST_REVIEW and get_live(application):
        return Next(sentence="已有审核人员在审，审完会短信通知经办人；此时不能再撤回。", who=ASSOCIATION)
    if state in _ALL_GIVEN and application.subsidy_amount and not application.payable_amount:
        return _ALL_GIVEN[state]
    return _NEXT[state]


@dataclass(frozen=True, kw_only=True)
class Buttons:
    """Which actions are open to this person on this application now."""

    may_continue: bool
    may_edit: bool
    may_send_form: bool
    may_recall: bool
    recall_refusal: str
    may_delete: bool
    slip_url: str
    withdraw_url: str
    extension_url: str


def get_buttons(*, application: EnrolmentApplication, by: Actor, slip: PaymentSlip | None) -> Buttons:
    """
    This function will tell which buttons a page shows; the operations ask again.
    """
    open_ = {action for action in Action if policy.may(by, f"enrolment.{action}", application)}
    is_claimed = Action.RECALL in open_ and get_live(application) is not None
    slip_url = reverse("employer:slip", args=[slip.pk]) if slip and url_or_none("employer:slips") else ""
    return Buttons(
        may_continue=Action.SUBMIT in open_,
        may_edit=Action.EDIT in open_,
        may_send_form=Action.SEND_FORM in open_,
        may_recall=Action.RECALL in open_ and not is_claimed,
        recall_refusal="审核人员已开始审核，不能撤回；如需修改请联系互助会退回。"
        if Action.RECALL in open_ and is_claimed
        else "",
        may_delete=Action.DELETE in open_,
        slip_url=slip_url,
        withdraw_url=f"{slip_url}#cancel" if slip_url and Action.CANCEL in open_ else "",
        extension_url=reverse("employer:slip-extension", args=[slip.pk])
        if slip and policy.may(by, "payment_extension.ask")
        else "",
    )
