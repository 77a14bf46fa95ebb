"""Who may issue, cancel, import, propose and confirm. Everything raises with a reason people can read."""

from __future__ import annotations

from collections.abc import Iterable

from huzhu.accounts.roles import CASHIERS, EMPLOYER_PAYERS, SYSTEM, StaffRole
from huzhu.accounts.scope import is_of_whole_association
from huzhu.billing.models import AllocationProposal, BankTransaction, PaymentSlip
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused

SLIP_ISSUERS = frozenset({StaffRole.REVIEWER, *CASHIERS, SYSTEM})


class NotPermitted(Refused):
    """Somebody wanted to do what the rules do not let them; the message says why."""


def check_can_issue(by: Actor) -> None:
    """
    Reviewers (at 复审), cashiers (again, after expiry) and the program make slips.

    :raises NotPermitted: for anybody else
    """
    if by.side not in (Side.OFFICE, Side.SYSTEM) or not by.has_any(SLIP_ISSUERS):
        raise NotPermitted("只有复核员或财务可以生成缴款单。")


def check_can_cancel(by: Actor, slip: PaymentSlip) -> None:
    """
    The employer's own payers, and cashiers of its branch or an ancestor, cancel a slip.

    :raises NotPermitted: for anybody else
    """
    if by.side == Side.EMPLOYER:
        allowed = slip.employer_id == by.employer_id and by.has_any(EMPLOYER_PAYERS)
    else:
        allowed = by.has_any({StaffRole.CASHIER}) and PaymentSlip.objects.visible_to(by).filter(pk=slip.pk).exists()
    if not allowed:
        raise NotPermitted("只有本单位的单位管理员、经办人或单位财务可以申请撤单。")


def check_can_keep_bank(by: Actor) -> None:
    """
    Statements and matching are for cashiers of the whole association, and for the program.

    :raises NotPermitted: for anybody else
    """
    if by.side == Side.SYSTEM:
        return
    if not by.has_any(CASHIERS):
        raise NotPermitted("只有财务人员可以办理银行流水和到账匹配。")
    if not is_of_whole_association(by):
        raise NotPermitted("银行流水由省级财务统一办理，代办处财务不能操作。")


def check_can_propose(by: Actor) -> None:
    """
    Proposing is for people: a cashier with an account and a verified mobile.

    :raises NotPermitted: for anybody else, the program included
    """
    check_can_keep_bank(by)
    if by.user_id is None or not by.person:
        raise NotPermitted("人工认领须由财务人员本人提出。")


def check_can_confirm(by: Actor, transaction: BankTransaction, proposals: Iterable[AllocationProposal]) -> None:
    """
    A cashier who is another person than the one who imported the line and the one who proposed (rulebook §1).

    Persons are compared (verified mobile), never accounts; a constraint on the allocation repeats it.

    :raises NotPermitted: if it is the same person, or not a cashier
    """
    check_can_keep_bank(by)
    if not by.person:
        raise NotPermitted("人工认领须由财务人员本人复核，系统不能代为复核。")
    proposers = [each for one in proposals for each in (one.proposed_by_person, one.proposed_for_person)]
    if who := by.own_among(*proposers):
        raise NotPermitted(f"认领由{who}提出，须由另一位财务人员复核。")
    statement = transaction.statement
    if who := by.own_among(statement.imported_by_person, statement.imported_for_person):
        raise NotPermitted(f"这份银行流水由{who}导入，认领须由另一位财务人员复核。")
