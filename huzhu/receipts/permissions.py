"""Rows of the policy table: who may ask for, issue, refuse and reverse receipts."""

from __future__ import annotations

from huzhu.accounts import policy
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.receipts.models import ReceiptRequest
from huzhu.receipts.states import RECEIPT_REQUESTERS, REQUEST, RequestAction
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check", "may"]


def own_employer(by: Actor, employer_id: int | None) -> str:
    """the own employer's"""
    is_own = by.employer_id is not None and by.employer_id == employer_id
    return "" if is_own else "只有单位管理员、经办人或单位财务可以申请开票。"


def of_subtree(by: Actor, request: ReceiptRequest) -> str:
    """requests of the own subtree"""
    if by.side == Side.SYSTEM or ReceiptRequest.objects.visible_to(by).filter(pk=request.pk).exists():
        return ""
    return "这份开票申请不在您的办理范围内。"


def another_than_asked(by: Actor, request: ReceiptRequest) -> str:
    """another person than who asked"""
    if who := by.own_among(request.requested_by_person):
        return f"这份开票申请由{who}提交，须由另一位财务人员办理。"
    return ""


def another_than_issued(by: Actor, request: ReceiptRequest) -> str:
    """another person than who issued and who asked, by verified mobile and by the name on the receipt"""
    receipt = next((each for each in request.receipts.all() if not each.is_red), None)
    if receipt is None:
        return ""
    if not by.person:
        return "红冲须由财务复核人员本人办理。"
    if who := by.own_among(receipt.issued_by_person, receipt.issued_for_person):
        return f"这张票据由{who}开具，红冲须由另一位财务复核办理。"
    if who := by.own_among(request.requested_by_person):
        return f"这份开票申请由{who}提交，红冲须由另一位财务复核办理。"
    if by.name == receipt.issuer_name:
        return "您与开票人同名，红字票据的收款人与复核人不能同名，请由另一位财务复核办理。"
    return ""


policy.declare(
    act(
        "receipt_request.ask",
        "申请开票",
        RECEIPT_REQUESTERS,
        "只有单位管理员、经办人或单位财务可以申请开票。",
        scope=own_employer,
    ),
    *policy.steps(
        REQUEST,
        only=[RequestAction.ISSUE, RequestAction.REFUSE],
        otherwise="只有财务可以开具或退回电子票据。",
        scope=of_subtree,
        guards=dict.fromkeys((RequestAction.ISSUE, RequestAction.REFUSE), (another_than_asked,)),
    ),
    *policy.steps(
        REQUEST,
        only=[RequestAction.REVERSE],
        otherwise="红冲须由财务复核办理。",
        scope=of_subtree,
        guards={RequestAction.REVERSE: (another_than_issued,)},
    ),
)
