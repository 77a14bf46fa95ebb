"""Rows of the policy table: registrations, changes of facts, transfers, members, hand-overs and group links."""

from __future__ import annotations

from typing import NamedTuple

from huzhu.accounts import policy, scope
from huzhu.accounts.policy import NotPermitted, act, check, may
from huzhu.accounts.roles import APPLICANT, EMPLOYER_ENROLLERS, EmployerRole, StaffRole
from huzhu.employers.models import (
    BranchTransfer,
    ChangeRequest,
    Employer,
    GroupLink,
    HandOver,
    Invitation,
    JoinRequest,
    Membership,
    Registration,
)
from huzhu.employers.states import (
    BRANCH_TRANSFER,
    CHANGE_REQUEST,
    GROUP_LINK,
    HAND_OVER,
    INVITATION,
    JOINING,
    REGISTRATION,
    ChangeAction,
    HandOverAction,
    InvitationAction,
    LinkAction,
    RegistrationAction,
    TransferAction,
)
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "Successor", "check", "may"]

ELSEWHERE = "该单位不属于您所在机构的管辖范围，请由其所属代办处办理。"
OWNERS = "只有单位管理员可以维护账号成员，请联系贵单位的单位管理员。"
ASKERS = "只有单位管理员和经办人可以申请变更单位信息。"
LINKERS = "只有单位管理员和经办人可以维护上下级关系。"
ADDRESSED = "只有收到通知的本人可以办理，请用收到短信的手机号验证后再办理。"
APPLICANTS = "只有提交注册的经办人可以修改，请用注册时的手机号验证后再办理。"


class Successor(NamedTuple):
    """Who is to be an employer's handler, by mobile."""

    employer: Employer
    mobile: str


def of_subtree(by: Actor, record: ChangeRequest | HandOver | JoinRequest) -> str:
    """employers of the own subtree"""
    return "" if scope.includes(by, record.employer.branch) else ELSEWHERE


def registered_in_subtree(by: Actor, registration: Registration) -> str:
    """employers of the own subtree"""
    branch = registration.employer.branch if registration.employer else registration.branch
    return "" if scope.includes(by, branch) else ELSEWHERE


def another_than_handler(by: Actor, registration: Registration) -> str:
    """another person than who registered"""
    if registration.handler_mobile in by.persons:
        return "经办人与您是同一人，不能审核自己提交的注册，请由其他受理员办理。"
    return ""


def own_registration(by: Actor, registration: Registration) -> str:
    """one's own, by the proven mobile"""
    return "" if by.person == registration.handler_mobile else APPLICANTS


def own_employer(by: Actor, employer: Employer) -> str:
    """the own employer's"""
    return "" if by.employer_id == employer.pk else OWNERS


def of_own_account(by: Actor, record: Membership | Invitation | JoinRequest) -> str:
    """the own employer's"""
    return own_employer(by, record.employer)


def own_facts(by: Actor, employer: Employer) -> str:
    """the own employer's"""
    return "" if by.employer_id == employer.pk else ASKERS


def own_change(by: Actor, request: ChangeRequest) -> str:
    """the own employer's"""
    return own_facts(by, request.employer)


def another_than_asked(by: Actor, request: ChangeRequest) -> str:
    """another person than who asked, and than the employer's handler"""
    if by.persons.isdisjoint({request.asked_by_person, request.employer.handler_mobile}):
        return ""
    return "申请人与您是同一人，不能审核自己提交的变更，请由其他受理员办理。"


def employer_of_subtree(by: Actor, employer: Employer) -> str:
    """employers of the own subtree"""
    if scope.includes(by, employer.branch):
        return ""
    return "该单位不属于您所在机构的管辖范围，请由其所属代办处或上级机构发起划转。"


def receiving_side(by: Actor, transfer: BranchTransfer) -> str:
    """where the employer is to go, within the own subtree"""
    if scope.includes(by, transfer.to_branch):
        return ""
    return f"须由接收机构“{transfer.to_branch.name}”或其上级机构的受理员办理。"


def sending_side(by: Actor, transfer: BranchTransfer) -> str:
    """where the employer leaves, within the own subtree"""
    if scope.includes(by, transfer.from_branch):
        return ""
    return f"须由发起机构“{transfer.from_branch.name}”或其上级机构的受理员撤回。"


def another_than_sent(by: Actor, transfer: BranchTransfer) -> str:
    """another person than who asked, and than the employer's handler"""
    if who := by.own_among(transfer.asked_by_person, transfer.asked_for_person):
        return f"这项划转由{who}发起，须由另一位受理员接收；不再需要的请撤回。"
    if who := by.own_among(transfer.employer.handler_mobile):
        return f"{who}是该单位的经办人，须由另一位受理员办理。"
    return ""


def addressed(by: Actor, record: Invitation | HandOver) -> str:
    """to one's own mobile, proven by a code or by signing in"""
    return "" if by.person and by.person == record.mobile else ADDRESSED


def own_handler(by: Actor, employer: Employer) -> str:
    """the own employer's, whose present handler one is"""
    if by.employer_id == employer.pk and by.person == employer.handler_mobile:
        return ""
    return "只有现任经办人可以直接交接；经办人已不能办理的，请凭盖章的变更申请表申请。"


def oneself_or_member(by: Actor, successor: Successor) -> str:
    """oneself with a proven mobile; an owner's for a member of the account"""
    employer, mobile = successor
    if by.side == Side.PUBLIC:
        return "" if by.person == mobile else OWNERS
    if words := own_employer(by, employer):
        return words
    if not Membership.objects.live().filter(employer=employer, user__mobile=mobile).exists():
        return "请从账号成员中选择新的经办人；尚未加入的，请先邀请其加入。"
    return ""


def asked_by_oneself(by: Actor, hand_over: HandOver) -> str:
    """what one asked for oneself"""
    is_there = by.side == Side.PUBLIC or by.employer_id == hand_over.employer_id
    if is_there and by.person == hand_over.asked_by_person:
        return ""
    return "只有发起人本人可以修改或撤回这项交接。"


def replaced_or_owner(by: Actor, hand_over: HandOver) -> str:
    """the own employer's, as the handler to be replaced or as its owner"""
    is_one = by.person == hand_over.former_mobile or EmployerRole.OWNER in by.roles
    if by.employer_id == hand_over.employer_id and is_one:
        return ""
    return "只有现任经办人和单位管理员可以对变更申请提出异议。"


def owner_replaced_or_of_subtree(by: Actor, hand_over: HandOver) -> str:
    """the own employer's, as its handler or owner; or employers of the own subtree, of those not concerned"""
    if by.side == Side.OFFICE:
        return of_subtree(by, hand_over) or nobody_concerned(by, hand_over)
    return "只有现任经办人和单位管理员可以查看。" if replaced_or_owner(by, hand_over) else ""


def of_account_or_subtree(by: Actor, membership: Membership) -> str:
    """the own employer's, or employers of the own subtree"""
    if by.side == Side.OFFICE:
        return "" if scope.includes(by, membership.employer.branch) else ELSEWHERE
    return of_own_account(by, membership)


def nobody_concerned(by: Actor, hand_over: HandOver) -> str:
    """none of the persons concerned"""
    if by.persons.isdisjoint({hand_over.mobile, hand_over.former_mobile, hand_over.asked_by_person}):
        return ""
    return "您是本次交接的当事人，不能审核，请由其他受理员办理。"


def own_links(by: Actor, employer_id: int | None) -> str:
    """the own employer's"""
    return "" if by.employer_id is not None and by.employer_id == employer_id else LINKERS


def asked_side(by: Actor, link: GroupLink) -> str:
    """the side that was asked"""
    asked_id = link.subsidiary_id if link.requested_by_head else link.head_id
    return "" if by.employer_id == asked_id else "须由对方单位登录后确认，申请方不能代为确认。"


def either_side(by: Actor, link: GroupLink) -> str:
    """either side"""
    if by.side == Side.SYSTEM or by.employer_id in (link.head_id, link.subsidiary_id):
        return ""
    return "只有关联的双方可以解除上下级关系。"


_DECIDING = [RegistrationAction.APPROVE, RegistrationAction.SEND_BACK, RegistrationAction.REJECT]
_CHANGING = [ChangeAction.APPROVE, ChangeAction.SEND_BACK, ChangeAction.REJECT]
_HANDING = [HandOverAction.APPROVE, HandOverAction.SEND_BACK, HandOverAction.REJECT]
_TAKING = [HandOverAction.TAKE, HandOverAction.DECLINE]
_RECEIVING = [TransferAction.ACCEPT, TransferAction.REFUSE]
_REGISTRARS = "只有受理员可以审核{}，请由本机构受理员办理。"

policy.declare(
    *policy.steps(
        REGISTRATION,
        only=_DECIDING,
        otherwise=_REGISTRARS.format("单位注册"),
        scope=registered_in_subtree,
        guards=dict.fromkeys(_DECIDING, (another_than_handler,)),
    ),
    *policy.steps(REGISTRATION, apart=_DECIDING, otherwise=APPLICANTS, scope=own_registration),
    act(
        "registration.reveal",
        "查看完整号码",
        {StaffRole.REGISTRAR},
        _REGISTRARS.format("单位注册"),
        scope=registered_in_subtree,
        guards=(another_than_handler,),
        shows=("handler_mobile", "legal_document"),
    ),
    *policy.steps(
        CHANGE_REQUEST,
        only=_CHANGING,
        otherwise=_REGISTRARS.format("单位信息变更"),
        scope=of_subtree,
        guards=dict.fromkeys(_CHANGING, (another_than_asked,)),
    ),
    *policy.steps(CHANGE_REQUEST, apart=_CHANGING, otherwise=ASKERS, scope=own_change),
    act("change_request.ask", "申请变更", EMPLOYER_ENROLLERS, ASKERS, scope=own_facts),
    act(
        "change_request.reveal",
        "查看完整号码",
        {StaffRole.REGISTRAR},
        _REGISTRARS.format("单位信息变更"),
        scope=of_subtree,
        guards=(another_than_asked,),
        shows=("legal_document",),
    ),
    act(
        "branch_transfer.ask",
        "发起划转",
        {StaffRole.REGISTRAR},
        "只有受理员可以发起单位划转，请由单位所属机构的受理员办理。",
        scope=employer_of_subtree,
    ),
    *policy.steps(
        BRANCH_TRANSFER,
        only=_RECEIVING,
        otherwise="只有受理员可以接收划转的单位，请由接收机构的受理员办理。",
        scope=receiving_side,
        guards=dict.fromkeys(_RECEIVING, (another_than_sent,)),
    ),
    *policy.steps(
        BRANCH_TRANSFER,
        apart=_RECEIVING,
        otherwise="只有受理员可以撤回单位划转，请由发起机构的受理员办理。",
        scope=sending_side,
    ),
    act("member.manage", "维护账号成员", {EmployerRole.OWNER}, OWNERS, scope=own_employer),
    *policy.steps(JOINING, otherwise=OWNERS, scope=of_own_account),
    *policy.steps(INVITATION, only=[InvitationAction.WITHDRAW], otherwise=OWNERS, scope=of_own_account),
    *policy.steps(
        INVITATION, only=[InvitationAction.ACCEPT, InvitationAction.DECLINE], otherwise=ADDRESSED, scope=addressed
    ),
    *policy.steps(INVITATION, only=[InvitationAction.EXPIRE], otherwise="邀请到期由系统办理。"),
    act(
        "hand_over.offer",
        "交接经办人",
        EmployerRole.values,
        "只有现任经办人可以直接交接；经办人已不能办理的，请凭盖章的变更申请表申请。",
        scope=own_handler,
    ),
    act("hand_over.ask", "凭申请表变更经办人", {APPLICANT, EmployerRole.OWNER}, OWNERS, scope=oneself_or_member),
    act(
        "hand_over.object",
        "提出异议",
        EmployerRole.values,
        "只有现任经办人和单位管理员可以对变更申请提出异议。",
        scope=replaced_or_owner,
    ),
    *policy.steps(HAND_OVER, only=_TAKING, otherwise=ADDRESSED, scope=addressed),
    *policy.steps(
        HAND_OVER,
        only=_HANDING,
        otherwise=_REGISTRARS.format("经办人变更"),
        scope=of_subtree,
        guards=dict.fromkeys(_HANDING, (nobody_concerned,)),
    ),
    act(
        "hand_over.reveal",
        "查看完整手机号",
        {StaffRole.REGISTRAR, *EmployerRole.values},
        _REGISTRARS.format("经办人变更"),
        scope=owner_replaced_or_of_subtree,
        shows=("former_mobile", "mobile"),
    ),
    act(
        "member.reveal",
        "查看账号成员完整手机号",
        {StaffRole.REGISTRAR, EmployerRole.OWNER},
        "只有单位管理员和受理员可以查看账号成员的完整手机号。",
        scope=of_account_or_subtree,
        shows=("mobile",),
    ),
    *policy.steps(
        HAND_OVER,
        only=[HandOverAction.RESUBMIT, HandOverAction.WITHDRAW],
        otherwise="只有发起人本人可以修改或撤回这项交接。",
        scope=asked_by_oneself,
    ),
    *policy.steps(HAND_OVER, only=[HandOverAction.EXPIRE], otherwise="交接到期由系统办理。"),
    act("group_link.ask", "申请上下级关系", EMPLOYER_ENROLLERS, LINKERS, scope=own_links),
    *policy.steps(GROUP_LINK, apart=[LinkAction.END], otherwise=LINKERS, scope=asked_side),
    *policy.steps(GROUP_LINK, only=[LinkAction.END], otherwise=LINKERS, scope=either_side),
)
