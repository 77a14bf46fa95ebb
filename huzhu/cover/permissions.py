"""Who may bind an old policy, and who decides about it."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.permissions import NotPermitted
from huzhu.accounts.roles import StaffRole
from huzhu.cover.models import PolicyBinding
from huzhu.shared.actors import Actor, Side

REVEALERS = frozenset({StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.ADJUDICATOR, StaffRole.CLAIM_REVIEWER})

__all__ = ["NotPermitted", "check_can_bind", "check_can_decide_binding", "check_can_reveal", "check_is_program"]


def check_can_bind(by: Actor, *, employer_id: int) -> None:
    """
    Test if the actor may ask to have an old policy bound to the employer, or take that back.

    :raises NotPermitted: if the actor is neither owner nor handler of that account
    """
    if by.side != Side.EMPLOYER or by.employer_id != employer_id or not by.has_any({"owner", "handler"}):
        raise NotPermitted("只有单位管理员和经办人可以绑定历史保单。")


def check_can_decide_binding(by: Actor, binding: PolicyBinding) -> None:
    """
    Test if the actor may confirm or reject a binding.

    :raises NotPermitted: without the role, outside the own subtree, or on a binding the actor asked for
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以审核历史保单绑定，请由本机构受理员办理。")
    if not scope.includes(by, binding.employer.branch):
        raise NotPermitted("该单位不属于您所在机构的管辖范围，请由其所属代办处办理。")
    if own := by.own_among(binding.asked_by_person):
        raise NotPermitted(f"申请人与{own}是同一人，不能审核自己提交的绑定，请由其他受理员办理。")


def check_can_reveal(by: Actor) -> None:
    """
    Test if the actor may see the full document numbers of somebody whose cover is asked about. Who only reads along may not.

    :raises NotPermitted: for everybody who does not decide about cover or benefits
    """
    if by.side != Side.OFFICE or not by.has_any(REVEALERS):
        raise NotPermitted("您的角色不能查看完整证件号码，请由受理员或审核人员办理。")


def check_is_program(by: Actor) -> None:
    """
    Test if the program itself acts: old policies come over from the old system, nobody types them.

    :raises NotPermitted: if a person acts
    """
    if by.side != Side.SYSTEM:
        raise NotPermitted("历史保单由系统从旧系统转入，不能手工录入。")
