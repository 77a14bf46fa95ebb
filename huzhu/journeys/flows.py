"""Every flow of the house with its name: what diagrams, tests and the page 角色 are made from."""

from __future__ import annotations

from huzhu.announcements.states import ANNOUNCEMENT
from huzhu.billing.states import BANK_LINE, CANCELLATION, EXTENSION, SLIP
from huzhu.cover.states import POLICY_BINDING
from huzhu.employers.states import (
    BRANCH_TRANSFER,
    CHANGE_REQUEST,
    GROUP_LINK,
    HAND_OVER,
    INVITATION,
    JOINING,
    REGISTRATION,
)
from huzhu.enrolment.states import WORKFLOW as ENROLMENT
from huzhu.gifts.states import GIFT_CAMPAIGN
from huzhu.parameters.states import CHANGE
from huzhu.plans.states import PLAN_VERSION
from huzhu.receipts.states import REQUEST
from huzhu.shared.workflow import Workflow

FLOWS: dict[str, tuple[str, Workflow]] = {
    "registration": ("单位注册", REGISTRATION),
    "change_request": ("单位基本信息变更", CHANGE_REQUEST),
    "branch_transfer": ("单位划转", BRANCH_TRANSFER),
    "joining": ("申请加入单位账号", JOINING),
    "invitation": ("邀请成员", INVITATION),
    "hand_over": ("经办人交接", HAND_OVER),
    "group_link": ("上下级关系", GROUP_LINK),
    "policy_binding": ("历史保单绑定", POLICY_BINDING),
    "enrolment": ("参保申请", ENROLMENT),
    "slip": ("缴款单", SLIP),
    "slip_cancellation": ("申请撤单", CANCELLATION),
    "payment_extension": ("延迟缴款申请", EXTENSION),
    "bank_line": ("银行流水", BANK_LINE),
    "receipt_request": ("开票申请", REQUEST),
    "announcement": ("公告", ANNOUNCEMENT),
    "plan_version": ("保障计划版本", PLAN_VERSION),
    "gift_campaign": ("赠送与补贴", GIFT_CAMPAIGN),
    "parameter_change": ("参数变更", CHANGE),
}
