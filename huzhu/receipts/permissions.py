"""Who may ask for, issue, refuse and reverse receipts. Everything raises with a reason people can read."""

from __future__ import annotations

from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.receipts.states import RECEIPT_REQUESTERS, REQUEST, RequestAction
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused


class NotPermitted(Refused):
    """Somebody wanted to do what the rules do not let them; the message says why."""


def check_can_request(by: Actor) -> None:
    """
    An employer's payers ask for receipts.

    :raises NotPermitted: for anybody else
    """
    if by.side != Side.EMPLOYER or not by.employer_id or not by.has_any(RECEIPT_REQUESTERS):
        raise NotPermitted("只有单位管理员、经办人或单位财务可以申请开票。")


def check_can_decide(by: Actor, request: ReceiptRequest, action: RequestAction) -> None:
    """
    Cashiers of the employer's branch or an ancestor issue and refuse, but not what they asked for themselves (rulebook §1).

    :raises NotPermitted: for anybody else, and for the person who made the request
    """
    if by.side == Side.SYSTEM and REQUEST.is_permitted(action, roles=by.roles):
        return
    _check_office(by, request)
    if not REQUEST.is_permitted(action, roles=by.roles):
        raise NotPermitted("只有财务可以开具或退回电子票据。")
    if who := by.own_among(request.requested_by_person):
        raise NotPermitted(f"这份开票申请由{who}提交，须由另一位财务人员办理。")


def check_can_reverse(by: Actor, request: ReceiptRequest, receipt: EReceipt) -> None:
    """
    A 财务复核 who is another person than the one who issued, by verified mobile and by the name printed on the receipt.

    :raises NotPermitted: for anybody else; a constraint on the receipt repeats it
    """
    _check_office(by, request)
    if not REQUEST.is_permitted(RequestAction.REVERSE, roles=by.roles):
        raise NotPermitted("红冲须由财务复核办理。")
    if not by.person:
        raise NotPermitted("红冲须由财务复核人员本人办理。")
    if who := by.own_among(receipt.issued_by_person, receipt.issued_for_person):
        raise NotPermitted(f"这张票据由{who}开具，红冲须由另一位财务复核办理。")
    if who := by.own_among(request.requested_by_person):
        raise NotPermitted(f"这份开票申请由{who}提交，红冲须由另一位财务复核办理。")
    if by.name == receipt.issuer_name:
        raise NotPermitted("您与开票人同名，红字票据的收款人与复核人不能同名，请由另一位财务复核办理。")


def _check_office(by: Actor, request: ReceiptRequest) -> None:
    if by.side != Side.OFFICE or not ReceiptRequest.objects.visible_to(by).filter(pk=request.pk).exists():
        raise NotPermitted("这份开票申请不在您的办理范围内。")
