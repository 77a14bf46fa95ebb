"""The trace as an auditor reads it: acts, subjects and states in the society's words, facts one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.ui import values

# Filter value: its name and the beginnings of the events that belong to it.
AREAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accounts": ("账号与登录", ("accounts.",)),
    "employers": ("单位与账号成员", ("registration.", "joining.", "group_link.", "employers.")),
    "roster": ("职工名册", ("roster.",)),
    "enrolment": ("参保申请", ("enrolment.",)),
    "billing": ("缴款与银行流水", ("billing.",)),
    "policies": ("保单与票据", ("policies.", "receipts.")),
    "plans": ("保障计划", ("plans.",)),
    "parameters": ("参数", ("parameters.",)),
    "documents": ("文件", ("documents.",)),
}

SIDES = {"employer": "单位", "office": "互助会", "public": "访客", "system": "系统"}

SUBJECTS = {
    "accounts.branch": "机构",
    "accounts.staffpost": "员工岗位",
    "accounts.user": "账号",
    "billing.bankstatement": "银行流水文件",
    "billing.banktransaction": "银行流水",
    "billing.paymentexception": "异常缴费",
    "billing.paymentslip": "缴款单",
    "documents.storedfile": "文件",
    "employers.employer": "参保单位",
    "employers.grouplink": "上下级关系",
    "employers.joinrequest": "加入申请",
    "employers.membership": "账号成员",
    "employers.registration": "单位注册",
    "enrolment.enrolmentapplication": "参保申请",
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
        )
        for event in events
    ]


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
