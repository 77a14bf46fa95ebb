"""The flows of an employer's account: registration, asking to join, group links (rulebook §2.1)."""

from django.db import models

from huzhu.accounts.roles import SYSTEM, EmployerRole, StaffRole
from huzhu.shared.workflow import Workflow, step


class RegistrationState(models.TextChoices):
    PENDING = "pending", "待审核"
    APPROVED = "approved", "已通过"
    RETURNED = "returned", "已退回"
    REJECTED = "rejected", "未通过"


class RegistrationAction(models.TextChoices):
    APPROVE = "approve", "审核通过"
    SEND_BACK = "send_back", "退回修改"
    REJECT = "reject", "不予通过"
    RESUBMIT = "resubmit", "重新提交"


APPLICANT = "applicant"

REGISTRATION = Workflow(
    "registration",
    states=RegistrationState,
    actions=RegistrationAction,
    initial=[RegistrationState.PENDING],
    steps={
        RegistrationAction.APPROVE: step(
            [RegistrationState.PENDING],
            RegistrationState.APPROVED,
            by=[StaffRole.REGISTRAR],
            tells="registration_approved",
        ),
        RegistrationAction.SEND_BACK: step(
            [RegistrationState.PENDING],
            RegistrationState.RETURNED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="registration_returned",
        ),
        RegistrationAction.REJECT: step(
            [RegistrationState.PENDING],
            RegistrationState.REJECTED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="registration_rejected",
        ),
        RegistrationAction.RESUBMIT: step(
            [RegistrationState.RETURNED], RegistrationState.PENDING, by=[APPLICANT], guard="mobile_confirmed"
        ),
    },
)


class JoinState(models.TextChoices):
    ASKED = "asked", "待确认"
    ACCEPTED = "accepted", "已同意"
    REFUSED = "refused", "已拒绝"


class JoinAction(models.TextChoices):
    ACCEPT = "accept", "同意加入"
    REFUSE = "refuse", "拒绝加入"


JOINING = Workflow(
    "joining",
    states=JoinState,
    actions=JoinAction,
    initial=[JoinState.ASKED],
    steps={
        JoinAction.ACCEPT: step([JoinState.ASKED], JoinState.ACCEPTED, by=[EmployerRole.OWNER], tells="join_accepted"),
        JoinAction.REFUSE: step([JoinState.ASKED], JoinState.REFUSED, by=[EmployerRole.OWNER], tells="join_refused"),
    },
)


class LinkState(models.TextChoices):
    REQUESTED = "requested", "待对方确认"
    CONFIRMED = "confirmed", "已关联"
    REFUSED = "refused", "已拒绝"
    ENDED = "ended", "已解除"


class LinkAction(models.TextChoices):
    CONFIRM = "confirm", "确认关联"
    REFUSE = "refuse", "拒绝关联"
    END = "end", "解除关联"


GROUP_LINK = Workflow(
    "group_link",
    states=LinkState,
    actions=LinkAction,
    initial=[LinkState.REQUESTED],
    steps={
        LinkAction.CONFIRM: step(
            [LinkState.REQUESTED],
            LinkState.CONFIRMED,
            by=[EmployerRole.OWNER, EmployerRole.HANDLER],
            guard="other_side_no_cycle",
        ),
        LinkAction.REFUSE: step(
            [LinkState.REQUESTED], LinkState.REFUSED, by=[EmployerRole.OWNER, EmployerRole.HANDLER], guard="other_side"
        ),
        LinkAction.END: step(
            [LinkState.CONFIRMED, LinkState.REQUESTED],
            LinkState.ENDED,
            by=[EmployerRole.OWNER, EmployerRole.HANDLER, SYSTEM],
            guard="no_open_scheme",
        ),
    },
)
