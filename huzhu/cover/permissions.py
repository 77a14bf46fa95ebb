"""Rows of the policy table: who may bind an old policy, and who decides about it."""

from __future__ import annotations

from huzhu.accounts import policy, scope
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import EMPLOYER_ENROLLERS, SYSTEM, StaffRole
from huzhu.cover.models import PolicyBinding
from huzhu.cover.states import POLICY_BINDING, BindingAction
from huzhu.shared.actors import Actor, Side

REVEALERS = frozenset({StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.ADJUDICATOR, StaffRole.CLAIM_REVIEWER})
BINDERS = "只有单位管理员和经办人可以绑定历史保单。"

__all__ = ["NotPermitted", "check", "may"]


IMPORTERS = "历史保单由省级受理员导入，请联系省级受理员办理。"


def of_association(by: Actor, record: object) -> str:
    """the whole association's: an old policy belongs to no branch"""
    return "" if scope.is_of_whole_association(by) else IMPORTERS


def own_employer(by: Actor, employer_id: int) -> str:
    """the own employer's"""
    return "" if by.employer_id == employer_id else BINDERS


def asked_by_own(by: Actor, binding: PolicyBinding) -> str:
    """the own employer's"""
    return own_employer(by, binding.employer_id)


def of_subtree(by: Actor, binding: PolicyBinding) -> str:
    """employers of the own subtree"""
    if scope.includes(by, binding.employer.branch):
        return ""
    return "该单位不属于您所在机构的管辖范围，请由其所属代办处办理。"


def another_than_asked(by: Actor, binding: PolicyBinding) -> str:
    """another person than who asked"""
    if by.side == Side.OFFICE and (own := by.own_among(binding.asked_by_person)):
        return f"申请人与{own}是同一人，不能审核自己提交的绑定，请由其他受理员办理。"
    return ""


policy.declare(
    act("policy_binding.ask", "申请绑定", EMPLOYER_ENROLLERS, BINDERS, scope=own_employer),
    *policy.steps(POLICY_BINDING, only=[BindingAction.WITHDRAW], otherwise=BINDERS, scope=asked_by_own),
    *policy.steps(
        POLICY_BINDING,
        apart=[BindingAction.WITHDRAW],
        otherwise="只有受理员可以审核历史保单绑定，请由本机构受理员办理。",
        scope=of_subtree,
        guards=dict.fromkeys((BindingAction.CONFIRM, BindingAction.REJECT), (another_than_asked,)),
    ),
    act("past_policy.import", "导入历史保单", {StaffRole.REGISTRAR}, IMPORTERS, scope=of_association),
    act("past_policy.take_over", "转入历史保单", {SYSTEM}, "历史保单由系统从旧系统转入，不能手工录入。"),
    act(
        "cover.reveal",
        "查看完整证件号码",
        REVEALERS,
        "您的角色不能查看完整证件号码，请由受理员或审核人员办理。",
        shows=("document",),
    ),
)
