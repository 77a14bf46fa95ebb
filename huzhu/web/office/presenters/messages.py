"""Text messages as the association's staff may see them: what was told to whom and whether it went out, never a code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from huzhu.employers.models import Employer
from huzhu.notifications.models import SmsMessage
from huzhu.notifications.templates import TEMPLATES

LABELS = {
    "mobile_code": "验证码",
    "recovery_code_used": "使用恢复码",
    "factor_reset": "第二重验证已重置",
    "registration_approved": "账号注册通过",
    "registration_returned": "账号注册退回",
    "registration_rejected": "账号注册未通过",
    "staff_account_made": "后台账号开通",
    "staff_roles_changed": "后台角色调整",
    "staff_mobile_changed": "后台账号手机号变更",
    "transfer_done": "单位划转完成",
    "transfer_refused": "单位划转未接收",
    "join_requested": "申请加入单位账号",
    "join_accepted": "加入账号已同意",
    "join_refused": "加入账号未同意",
    "change_approved": "资料变更已生效",
    "change_returned": "资料变更退回",
    "change_rejected": "资料变更未通过",
    "binding_confirmed": "历史保单已绑定",
    "binding_rejected": "历史保单绑定未通过",
    "member_invited": "邀请成员",
    "hand_over_offered": "请接任经办人",
    "hand_over_asked": "申请变更经办人",
    "hand_over_done": "经办人已变更",
    "hand_over_returned": "经办人变更退回",
    "hand_over_rejected": "经办人变更未通过",
    "enrolment_returned": "参保申请退回",
    "payment_notice": "缴款通知",
    "enrolment_effective": "参保成功",
    "enrolment_given": "参保成功（赠送，无需缴款）",
    "members_left_out": "人员未能承保",
    "renewal_reminder": "续保提醒",
    "payment_reminder": "缴款提醒",
    "slip_cancelled": "缴款单撤单",
    "cancellation_approved": "撤单已办理",
    "cancellation_refused": "撤单未同意",
    "extension_approved": "延迟缴款已同意",
    "extension_refused": "延迟缴款未同意",
    "slip_expired": "缴款单逾期",
    "payment_exception": "异常缴费",
    "receipt_issued": "票据已开具",
    "receipt_refused": "开票申请退回",
}
HIDDEN = "······"
_CODE = re.compile(r"[0-9]{4,8}")
_CODE_IN_TEXT = re.compile(r"(验证码\D{0,4})[0-9]{4,8}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message with the words that may be read."""

    message: SmsMessage
    label: str
    body: str
    employer: str


def get_lines(messages: Sequence[SmsMessage], *, employers: Mapping[int, Employer]) -> list[Line]:
    """
    This function will put messages into rows, with the names of the employers they were about.
    """
    return [
        Line(
            message=each,
            label=get_label(each.template),
            body=hide_codes(each),
            employer=str(employers.get(each.employer_id, "")),
        )
        for each in messages
    ]


def get_label(template: str) -> str:
    """
    This function will name a template; one that nobody has named yet keeps its own name.
    """
    return LABELS.get(template, template)


def get_templates() -> list[tuple[str, str]]:
    """
    This function will give every template with its name, for the filter.
    """
    return [(template, get_label(template)) for template in TEMPLATES]


def hide_codes(message: SmsMessage) -> str:
    """
    This function will return the text with every verification code replaced, so that nobody can sign in with what they read here.
    """
    template = TEMPLATES.get(message.template)
    if template is None or "{code}" in template.body:
        return _CODE.sub(HIDDEN, message.body)  # an unknown template may carry one
    return _CODE_IN_TEXT.sub(rf"\1{HIDDEN}", message.body)
