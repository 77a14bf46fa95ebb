"""Who may decide on registrations, members and group links: refusals carry words people can read."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.permissions import NotPermitted
from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.employers.models import Employer, GroupLink, Registration
from huzhu.employers.states import APPLICANT, GROUP_LINK
from huzhu.shared.actors import Actor, Side

__all__ = [
    "NotPermitted",
    "check_can_answer_link",
    "check_can_decide_registration",
    "check_can_end_link",
    "check_can_manage_links",
    "check_can_manage_members",
    "check_is_applicant",
    "get_managed_employer_id",
]

NO_LINKS = "只有单位管理员和经办人可以维护上下级关系。"


def check_can_decide_registration(by: Actor, registration: Registration) -> None:
    """
    Test if the actor may approve, return or reject this registration.

    :raises NotPermitted: without the role, outside the own subtree, or on a registration of one's own
    """
    if by.side != Side.OFFICE or StaffRole.REGISTRAR not in by.roles:
        raise NotPermitted("只有受理员可以审核单位注册，请由本机构受理员办理。")
    if not scope.includes(by, registration.branch):
        raise NotPermitted("该单位不属于您所在机构的管辖范围，请由其所属代办处办理。")
    if by.person == registration.handler_mobile:
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
