"""Rows of the policy table: who may issue, cancel, import, propose and confirm."""

from __future__ import annotations

from huzhu.accounts import policy
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import CASHIERS, EMPLOYER_PAYERS, SYSTEM, StaffRole
from huzhu.accounts.scope import is_of_whole_association
from huzhu.billing.models import BankTransaction, PaymentExtension, PaymentSlip, SlipCancellation
from huzhu.billing.states import (
    BANK_LINE,
    CANCELLATION,
    EXTENSION,
    SLIP,
    SlipAction,
    SlipRequestAction,
    TransactionAction,
)
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check", "may"]

DECIDE = (SlipRequestAction.APPROVE, SlipRequestAction.REFUSE)
BANKERS = "只有财务人员可以办理银行流水和到账匹配。"


def own_slip(by: Actor, slip: PaymentSlip) -> str:
    """the employer's own, or of the own subtree"""
    if by.side == Side.EMPLOYER:
        is_own = slip.employer_id == by.employer_id
    else:
        is_own = PaymentSlip.objects.visible_to(by).filter(pk=slip.pk).exists()
    return "" if is_own else "只有本单位的单位管理员、经办人或单位财务可以申请撤单。"


def own_or_of_subtree(by: Actor, record: PaymentSlip | PaymentExtension | SlipCancellation) -> str:
    """the own employer's, or employers of the own subtree"""
    slip = record if isinstance(record, PaymentSlip) else record.slip
    if by.side == Side.EMPLOYER:
        is_own = slip.employer_id == by.employer_id
    else:
        is_own = by.side == Side.SYSTEM or PaymentSlip.objects.visible_to(by).filter(pk=slip.pk).exists()
    return "" if is_own else "这张缴款单不在您的办理范围内。"


def another_than_asked(by: Actor, request: PaymentExtension | SlipCancellation) -> str:
    """another person than who asked (verified mobile; a constraint repeats it)"""
    if not by.person:
        return "须由财务人员本人办理。"
    if who := by.own_among(request.asked_by_person):
        return f"这份申请由{who}提出，须由另一位财务人员办理。"
    return ""


def bank(by: Actor, record: object) -> str:
    """the whole association's"""
    if by.side == Side.SYSTEM or is_of_whole_association(by):
        return ""
    return "银行流水由省级财务统一办理，代办处财务不能操作。"


def in_person(by: Actor, line: BankTransaction) -> str:
    """a person with an account"""
    return "" if by.user_id is not None and by.person else "人工认领须由财务人员本人提出。"


def another_than_importer_and_proposer(by: Actor, line: BankTransaction) -> str:
    """another person than who imported the line and who proposed (verified mobile; a constraint repeats it)"""
    if not by.person:
        return "人工认领须由财务人员本人复核，系统不能代为复核。"
    proposals = line.proposals.filter(is_open=True)
    proposers = [each for one in proposals for each in (one.proposed_by_person, one.proposed_for_person)]
    if who := by.own_among(*proposers):
        return f"认领由{who}提出，须由另一位财务人员复核。"
    statement = line.statement
    if who := by.own_among(statement.imported_by_person, statement.imported_for_person):
        return f"这份银行流水由{who}导入，认领须由另一位财务人员复核。"
    return ""


policy.declare(
    act("slip.remind", "提醒缴款", {SYSTEM}, "缴款提醒由系统发送。"),
    act("slip.issue", "生成缴款单", {StaffRole.REVIEWER, *CASHIERS, SYSTEM}, "只有复核员或财务可以生成缴款单。"),
    *policy.steps(
        SLIP,
        only=[SlipAction.CANCEL],
        otherwise="只有本单位的单位管理员、经办人或单位财务可以申请撤单。",
        scope=own_slip,
    ),
    *policy.steps(SLIP, apart=[SlipAction.CANCEL], otherwise="缴款单随到账和期限变更，不能手工办理“{action}”。"),
    act(
        "payment_extension.ask",
        "申请延迟缴款",
        EMPLOYER_PAYERS,
        "只有本单位的单位管理员、经办人或单位财务可以申请延迟缴款。",
        scope=own_or_of_subtree,
    ),
    *policy.steps(
        EXTENSION,
        only=DECIDE,
        otherwise="只有财务可以办理延迟缴款申请。",
        scope=own_or_of_subtree,
        guards=dict.fromkeys(DECIDE, (another_than_asked,)),
    ),
    *policy.steps(
        EXTENSION,
        apart=DECIDE,
        otherwise="只有本单位的单位管理员、经办人或单位财务可以撤回申请。",
        scope=own_or_of_subtree,
    ),
    act(
        "slip_cancellation.ask",
        "申请撤单（已有款项到账）",
        EMPLOYER_PAYERS,
        "只有本单位的单位管理员、经办人或单位财务可以申请撤单。",
        scope=own_or_of_subtree,
    ),
    *policy.steps(
        CANCELLATION,
        only=DECIDE,
        otherwise="已有款项到账的撤单由财务办理。",
        scope=own_or_of_subtree,
        guards=dict.fromkeys(DECIDE, (another_than_asked, bank)),
    ),
    *policy.steps(
        CANCELLATION,
        apart=DECIDE,
        otherwise="只有本单位的单位管理员、经办人或单位财务可以撤回申请。",
        scope=own_or_of_subtree,
    ),
    act("bank.keep", "导入流水、自动核销、关闭对账", {*CASHIERS, SYSTEM}, BANKERS, scope=bank),
    *policy.steps(
        BANK_LINE,
        otherwise=BANKERS,
        scope=bank,
        guards={
            TransactionAction.PROPOSE: (in_person,),
            TransactionAction.CONFIRM: (another_than_importer_and_proposer,),
        },
    ),
)
