"""The trace as an auditor reads it: acts, subjects and states in the society's words, facts one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.ui import values

# Filter value: its name and the beginnings of the events that belong to it.
AREAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accounts": ("账号与登录", ("accounts.",)),
    "employers": ("单位与账号成员", ("registration.", "joining.", "hand_over.", "group_link.", "employers.")),
    "roster": ("职工名册", ("roster.",)),
    "enrolment": ("参保申请", ("enrolment.",)),
    "billing": ("缴款与银行流水", ("billing.",)),
    "policies": ("保单与票据", ("policies.", "receipts.")),
    "plans": ("保障计划", ("plans.",)),
    "gifts": ("赠送与补贴", ("gift_campaign.",)),
    "cover": ("历史保单与保障", ("cover.", "policy_binding.")),
    "parameters": ("参数与字典", ("parameters.", "code_lists.")),
    "announcements": ("公告", ("announcements.",)),
    "documents": ("文件", ("documents.", "audit.", "notifications.")),
    "refused": ("被拒绝的操作", ("web.refused",)),
}

# 登录日志: what belongs to signing in.
SIGNING_IN = (
    "accounts.sign_in",
    "accounts.sign_in_refused",
    "accounts.sign_out",
    "accounts.send_code",
    "accounts.prove_mobile",
    "accounts.code_refused",
    "accounts.enrol_factor",
)

HEADS = (
    "时间",
    "操作人",
    "哪一方",
    "操作",
    "结果",
    "对象",
    "对象编号",
    "参保单位",
    "变化",
    "说明",
    "来源地址",
    "设备",
    "追踪编号",
    "记录编号",
)

SIDES = {"employer": "单位", "office": "互助会", "public": "访客", "system": "系统"}

SUBJECTS = {
    "accounts.mobilecode": "短信验证码",
    "announcements.announcement": "公告",
    "audit.auditevent": "操作日志",
    "notifications.notice": "站内消息",
    "web.route": "页面",
    "accounts.branch": "机构",
    "accounts.staffpost": "员工岗位",
    "accounts.user": "账号",
    "billing.bankstatement": "银行流水文件",
    "billing.banktransaction": "银行流水",
    "billing.paymentexception": "异常缴费",
    "billing.paymentslip": "缴款单",
    "cover.pastpolicy": "历史保单",
    "cover.pastpolicyimport": "历史保单文件",
    "cover.pastpolicyupload": "历史保单名单",
    "cover.policybinding": "历史保单绑定",
    "documents.storedfile": "文件",
    "employers.branchtransfer": "单位划转",
    "employers.changerequest": "单位资料变更",
    "employers.employer": "参保单位",
    "employers.grouplink": "上下级关系",
    "employers.handover": "经办人变更",
    "employers.invitation": "成员邀请",
    "employers.joinrequest": "加入申请",
    "employers.membership": "账号成员",
    "employers.registration": "单位注册",
    "enrolment.enrolmentapplication": "参保申请",
    "gifts.giftcampaign": "赠送与补贴",
    "code_lists.entryversion": "字典项",
    "parameters.parameterchange": "参数变更",
    "plans.plan": "保障计划",
    "plans.planversion": "保障计划版本",
    "policies.policy": "保单",
    "receipts.ereceipt": "电子票据",
    "receipts.receiptrequest": "开票申请",
    "roster.insuranceroster": "社保/医保名单",
    "roster.rosterentry": "职工名册行",
    "roster.rosterimport": "名册导入",
    "roster.workerdocument": "职工证件",
    "work.deputy": "代理设置",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event as a row of the list."""

    event: AuditEvent
    act: str
    side: str
    subject: str
    employer: str
    before: str
    after: str
    facts: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]  # field, before, after


def get_lines(events: Iterable[AuditEvent], *, employers: Mapping[int, Employer]) -> list[Line]:
    """
    This function will put events into rows, with the names of the employers they concern.
    """
    return [
        Line(
            event=event,
            act=event.label or event.event,
            side=SIDES.get(event.by_side, event.by_side),
            subject=get_subject(event.subject_type),
            employer=str(employers.get(event.employer_id, "")),
            before=_state(event.subject_type, event.before),
            after=_state(event.subject_type, event.after),
            facts=_facts(event),
            changes=get_changes(event),
        )
        for event in events
    ]


def get_cells(line: Line) -> tuple[str, ...]:
    """
    This function will give a row of the workbook, in the order of `HEADS`.
    """
    event = line.event
    moved = f"{line.before or values.DASH} → {line.after or values.DASH}" if line.before or line.after else ""
    edited = [f"{field}：{before} → {after}" for field, before, after in line.changes]
    return (
        f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}",
        event.by_name,
        line.side,
        line.act,
        event.get_result_display(),
        line.subject,
        event.subject_id,
        line.employer,
        "；".join(filter(None, [moved, *edited])),
        event.reason,
        event.address,
        event.device,
        event.trace_id,
        str(event.pk),
    )


def get_changes(event: AuditEvent) -> list[tuple[str, str, str]]:
    """
    This function will give the edited fields in the society's words with their values before and after, mobiles masked.
    """
    return [
        (_FIELDS.get(field, field), _shown(field, before), _shown(field, after))
        for field, (before, after) in event.changes.items()
    ]


_FIELDS = {
    "address": "地址",
    "branch": "所属机构",
    "credit_code": "统一社会信用代码",
    "department": "部门",
    "employment_form": "用工形式",
    "handler_mobile": "经办人手机",
    "handler_name": "经办人",
    "headcount": "在职职工人数",
    "job_category": "岗位类别",
    "kind": "单位性质",
    "legal_document_type": "证件类型",
    "legal_representative": "法定代表人",
    "mobile": "手机号",
    "name": "名称",
    "note": "备注",
    "roles": "角色",
    "women_headcount": "女职工人数",
}


def _shown(field: str, value: object) -> str:
    if value in (None, "", []):
        return "空"
    return values.mask_mobile(str(value)) if "mobile" in field else _text(value)


def get_subject(label: str) -> str:
    """
    This function will name a kind of subject; one that nobody has named yet keeps its own name.
    """
    return SUBJECTS.get(label, label)


def _facts(event: AuditEvent) -> list[tuple[str, str]]:
    """What the row has no column for: where from, which device, the numbers of things, the details of the act."""
    known = [
        ("操作代码", event.event),
        ("记录编号", str(event.pk)),
        ("对象编号", event.subject_id),
        ("操作人手机", values.mask_mobile(event.by_person) if event.by_person else ""),
        ("来源地址", event.address),
        ("设备", event.device),
        ("结果", event.get_result_display()),
        ("代谁办理", event.stands_in_for_name),
        ("追踪编号", event.trace_id),
    ]
    details = [(str(key), _text(value)) for key, value in event.details.items()]
    return [(key, value) for key, value in (*known, *details) if value]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _state(subject: str, value: str) -> str:
    return _get_state_names(subject).get(value, value)


@cache
def _get_state_names(subject: str) -> dict[str, str]:
    """The states of a kind of subject in the society's words; nothing for subjects without states."""
    try:
        field = apps.get_model(subject)._meta.get_field("state")
    except (LookupError, ValueError, FieldDoesNotExist):
        return {}
    return {str(value): str(label) for value, label in field.flatchoices}
