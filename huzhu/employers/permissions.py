"""Who may decide on registrations, members and group links: refusals carry words people can read."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.permissions import NotPermitted
from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.employers.models import (
    BranchTransfer,
    ChangeRequest,
    Employer,
    GroupLink,
    HandOver,
    Membership,
    Registration,
)
from huzhu.employers.states import APPLICANT, BRANCH_TRANSFER, GROUP_LINK
from huzhu.shared.actors import Actor, Side

__all__ = [
    "NotPermitted",
    "check_asked",
    "check_can_answer_link",
    "check_can_ask_change",
    "check_can_ask_hand_over",
    "check_can_ask_transfer",
    "check_can_decide_change",
    "check_can_decide_hand_over",
    "check_can_decide_registration",
    "check_can_end_link",
    "check_can_manage_links",
    "check_can_manage_members",
    "check_can_object",
    "check_can_receive_transfer",
    "check_can_withdraw_transfer",
    "check_is_addressed",
    "check_is_applicant",
    "check_is_handler",
    "get_managed_employer_id",
    "may_ask_transfers",
]

NO_LINKS = "只有单位管理员和经办人可以维护上下级关系。"


def check_can_decide_registration(by: Actor, registration: Registration) -> None:
    """
    Test if the actor may approve, return or reject this registration.

    :raises NotPermitted: without the role, outside the own subtree, or on a registration of one's own
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以审核单位注册，请由本机构受理员办理。")
    if not scope.includes(by, registration.employer.branch if registration.employer else registration.branch):
        raise NotPermitted("该单位不属于您所在机构的管辖范围，请由其所属代办处办理。")
    if registration.handler_mobile in by.persons:
        raise NotPermitted("经办人与您是同一人，不能审核自己提交的注册，请由其他受理员办理。")


def check_is_applicant(by: Actor, registration: Registration) -> None:
    """
    Test if the actor is the person who registered, known by the verified mobile.

    :raises NotPermitted: if somebody else asks
    """
    if APPLICANT not in by.roles or by.person != registration.handler_mobile:
        raise NotPermitted("只有提交注册的经办人可以修改，请用注册时的手机号验证后再办理。")


def check_can_manage_members(by: Actor, employer: Employer) -> None:
    """
    Test if the actor may let people into the employer's account.

    :raises NotPermitted: if the actor is not an owner of that account
    """
    if by.side != Side.EMPLOYER or by.employer_id != employer.pk or EmployerRole.OWNER not in by.roles:
        raise NotPermitted("只有单位管理员可以维护账号成员，请联系贵单位的单位管理员。")


def check_can_ask_change(by: Actor, employer: Employer) -> None:
    """
    Test if the actor may ask to have the employer's facts changed.

    :raises NotPermitted: if the actor is neither owner nor handler of that account
    """
    if by.side != Side.EMPLOYER or by.employer_id != employer.pk or not by.has_any({"owner", "handler"}):
        raise NotPermitted("只有单位管理员和经办人可以申请变更单位信息。")


def check_can_decide_change(by: Actor, request: ChangeRequest) -> None:
    """
    Test if the actor may approve, return or reject a change of an employer's facts.

    :raises NotPermitted: without the role, outside the own subtree, or on a change the actor asked for
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以审核单位信息变更，请由本机构受理员办理。")
    if not scope.includes(by, request.employer.branch):
        raise NotPermitted("该单位不属于您所在机构的管辖范围，请由其所属代办处办理。")
    if not by.persons.isdisjoint({request.asked_by_person, request.employer.handler_mobile}):
        raise NotPermitted("申请人与您是同一人，不能审核自己提交的变更，请由其他受理员办理。")


def may_ask_transfers(by: Actor) -> bool:
    """Test if the actor may ask for transfers at all, whichever employer's."""
    return by.side == Side.OFFICE and BRANCH_TRANSFER.is_permitted("withdraw", roles=by.roles)


def check_can_ask_transfer(by: Actor, employer: Employer) -> None:
    """
    Test if the actor may ask to have an employer go to another branch.

    :raises NotPermitted: without the role, or outside the own subtree
    """
    if not may_ask_transfers(by):
        raise NotPermitted("只有受理员可以发起单位划转，请由单位所属机构的受理员办理。")
    if not scope.includes(by, employer.branch):
        raise NotPermitted("该单位不属于您所在机构的管辖范围，请由其所属代办处或上级机构发起划转。")


def check_can_receive_transfer(by: Actor, transfer: BranchTransfer) -> None:
    """
    Test if the actor may accept or refuse an employer that another branch wants to hand on.

    :raises NotPermitted: without the role, if the receiving branch is not in the own subtree, or on what the actor asked for
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以接收划转的单位，请由接收机构的受理员办理。")
    if not scope.includes(by, transfer.to_branch):
        raise NotPermitted(f"须由接收机构“{transfer.to_branch.name}”或其上级机构的受理员办理。")
    if who := by.own_among(transfer.asked_by_person, transfer.asked_for_person):
        raise NotPermitted(f"这项划转由{who}发起，须由另一位受理员接收；不再需要的请撤回。")
    if who := by.own_among(transfer.employer.handler_mobile):
        raise NotPermitted(f"{who}是该单位的经办人，须由另一位受理员办理。")


def check_can_withdraw_transfer(by: Actor, transfer: BranchTransfer) -> None:
    """
    Test if the actor stands on the side that asked.

    :raises NotPermitted: without the role, or if the branch the employer leaves is not in the own subtree
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以撤回单位划转，请由发起机构的受理员办理。")
    if not scope.includes(by, transfer.from_branch):
        raise NotPermitted(f"须由发起机构“{transfer.from_branch.name}”或其上级机构的受理员撤回。")


def check_is_addressed(by: Actor, *, mobile: str) -> None:
    """
    Test if the actor is the owner of the mobile that an invitation or a hand-over names; the mobile has been proven, by a code or
    by signing in.

    :raises NotPermitted: if somebody else asks
    """
    if by.side not in (Side.PUBLIC, Side.EMPLOYER) or not by.person or by.person != mobile:
        raise NotPermitted("只有收到通知的本人可以办理，请用收到短信的手机号验证后再办理。")


def check_is_handler(by: Actor, employer: Employer) -> None:
    """
    Test if the actor is the employer's present handler, signed in to its account.

    :raises NotPermitted: if it is somebody else
    """
    if by.side != Side.EMPLOYER or by.employer_id != employer.pk or by.person != employer.handler_mobile:
        raise NotPermitted("只有现任经办人可以直接交接；经办人已不能办理的，请凭盖章的变更申请表申请。")


def check_can_ask_hand_over(by: Actor, employer: Employer, *, mobile: str) -> None:
    """
    Test if the actor may put a stamped form forward: for oneself with a proven mobile, or as an owner for a member of the account.

    :raises NotPermitted: in any other case
    """
    if by.side == Side.PUBLIC and APPLICANT in by.roles and by.person == mobile:
        return
    check_can_manage_members(by, employer)
    if not Membership.objects.live().filter(employer=employer, user__mobile=mobile).exists():
        raise NotPermitted("请从账号成员中选择新的经办人；尚未加入的，请先邀请其加入。")


def check_asked(by: Actor, hand_over: HandOver) -> None:
    """
    Test if the actor is the person who asked for this hand-over.

    :raises NotPermitted: if somebody else did
    """
    is_there = by.side == Side.PUBLIC or (by.side == Side.EMPLOYER and by.employer_id == hand_over.employer_id)
    if not is_there or by.person != hand_over.asked_by_person:
        raise NotPermitted("只有发起人本人可以修改或撤回这项交接。")


def check_can_object(by: Actor, hand_over: HandOver) -> None:
    """
    Test if the actor is the handler who is to be replaced, or an owner of the account.

    :raises NotPermitted: if the actor is neither
    """
    is_own = by.side == Side.EMPLOYER and by.employer_id == hand_over.employer_id
    if not is_own or (by.person != hand_over.former_mobile and EmployerRole.OWNER not in by.roles):
        raise NotPermitted("只有现任经办人和单位管理员可以对变更申请提出异议。")


def check_can_decide_hand_over(by: Actor, hand_over: HandOver) -> None:
    """
    Test if the actor may decide on a stamped form.

    :raises NotPermitted: without the role, outside the own subtree, or if the actor is one of the persons concerned
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以审核经办人变更，请由本机构受理员办理。")
    if not scope.includes(by, hand_over.employer.branch):
        raise NotPermitted("该单位不属于您所在机构的管辖范围，请由其所属代办处办理。")
    if not by.persons.isdisjoint({hand_over.mobile, hand_over.former_mobile, hand_over.asked_by_person}):
        raise NotPermitted("您是本次交接的当事人，不能审核，请由其他受理员办理。")


def check_can_manage_links(by: Actor, employer: Employer) -> None:
    """
    Test if the actor may ask for and answer group links of the employer.

    :raises NotPermitted: if the actor is neither owner nor handler of that account
    """
    if get_managed_employer_id(by) != employer.pk:
        raise NotPermitted(NO_LINKS)


def get_managed_employer_id(by: Actor) -> int:
    """
    This function will give the id of the employer whose group links the actor manages.

    :raises NotPermitted: if the actor is neither owner nor handler of an employer's account
    """
    if by.side != Side.EMPLOYER or by.employer_id is None or not by.has_any({"owner", "handler"}):
        raise NotPermitted(NO_LINKS)
    return by.employer_id


def check_can_answer_link(by: Actor, link: GroupLink) -> None:
    """
    Test if the actor stands on the side that was asked.

    :raises NotPermitted: if the actor's side asked, or is no part of the link
    """
    asked = link.subsidiary if link.requested_by_head else link.head
    if by.employer_id != asked.pk:
        raise NotPermitted("须由对方单位登录后确认，申请方不能代为确认。")
    check_can_manage_links(by, asked)


def check_can_end_link(by: Actor, link: GroupLink) -> None:
    """
    Test if the actor belongs to either side of the link.

    :raises NotPermitted: if the actor's employer is no part of the link
    """
    if by.side == Side.SYSTEM and GROUP_LINK.is_permitted("end", roles=by.roles):
        return
    if by.employer_id not in (link.head_id, link.subsidiary_id):
        raise NotPermitted("只有关联的双方可以解除上下级关系。")
    check_can_manage_links(by, link.head if by.employer_id == link.head_id else link.subsidiary)
