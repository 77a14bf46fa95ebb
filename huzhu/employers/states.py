"""The flows of an employer's account: registration, changes, transfers, joining, invitations, hand-overs, links (rulebook §2.1)."""

from django.db import models

from huzhu.accounts.roles import APPLICANT, SYSTEM, EmployerRole, StaffRole
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
            in_bulk=True,
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
    deadlines={RegistrationState.PENDING: "registration_days"},
)


class ChangeState(models.TextChoices):
    PENDING = "pending", "待审核"
    APPROVED = "approved", "已生效"
    RETURNED = "returned", "已退回"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


class ChangeAction(models.TextChoices):
    APPROVE = "approve", "审核通过"
    SEND_BACK = "send_back", "退回修改"
    REJECT = "reject", "不予通过"
    RESUBMIT = "resubmit", "重新提交"
    WITHDRAW = "withdraw", "撤回申请"


_ASKERS = [EmployerRole.OWNER, EmployerRole.HANDLER]

CHANGE_REQUEST = Workflow(
    "change_request",
    states=ChangeState,
    actions=ChangeAction,
    initial=[ChangeState.PENDING],
    steps={
        ChangeAction.APPROVE: step(
            [ChangeState.PENDING],
            ChangeState.APPROVED,
            by=[StaffRole.REGISTRAR],
            guard="not_own_change",
            tells="change_approved",
            in_bulk=True,
        ),
        ChangeAction.SEND_BACK: step(
            [ChangeState.PENDING],
            ChangeState.RETURNED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="change_returned",
        ),
        ChangeAction.REJECT: step(
            [ChangeState.PENDING],
            ChangeState.REJECTED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="change_rejected",
        ),
        ChangeAction.RESUBMIT: step([ChangeState.RETURNED], ChangeState.PENDING, by=_ASKERS),
        ChangeAction.WITHDRAW: step([ChangeState.PENDING, ChangeState.RETURNED], ChangeState.WITHDRAWN, by=_ASKERS),
    },
    deadlines={ChangeState.PENDING: "change_days"},
)


class TransferState(models.TextChoices):
    REQUESTED = "requested", "待接收"
    ACCEPTED = "accepted", "已划转"
    REFUSED = "refused", "未接收"
    WITHDRAWN = "withdrawn", "已撤回"


class TransferAction(models.TextChoices):
    ACCEPT = "accept", "接收"
    REFUSE = "refuse", "不予接收"
    WITHDRAW = "withdraw", "撤回划转"


BRANCH_TRANSFER = Workflow(
    "branch_transfer",
    states=TransferState,
    actions=TransferAction,
    initial=[TransferState.REQUESTED, TransferState.ACCEPTED],  # at once where both branches are the asker's
    steps={
        TransferAction.ACCEPT: step(
            [TransferState.REQUESTED],
            TransferState.ACCEPTED,
            by=[StaffRole.REGISTRAR],
            guard="receiving_side_not_own",
            tells="transfer_done",
        ),
        TransferAction.REFUSE: step(
            [TransferState.REQUESTED],
            TransferState.REFUSED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="transfer_refused",
        ),
        TransferAction.WITHDRAW: step(
            [TransferState.REQUESTED],
            TransferState.WITHDRAWN,
            by=[StaffRole.REGISTRAR],
            guard="sending_side",
            waits=False,
        ),
    },
    deadlines={TransferState.REQUESTED: "transfer_days"},
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


class InvitationState(models.TextChoices):
    INVITED = "invited", "待接受"
    ACCEPTED = "accepted", "已加入"
    DECLINED = "declined", "已谢绝"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "已过期"


class InvitationAction(models.TextChoices):
    ACCEPT = "accept", "接受邀请"
    DECLINE = "decline", "谢绝邀请"
    WITHDRAW = "withdraw", "撤回邀请"
    EXPIRE = "expire", "邀请过期"


SUCCESSOR = [APPLICANT, *EmployerRole.values]  # somebody new, or a member of an account

INVITATION = Workflow(
    "invitation",
    states=InvitationState,
    actions=InvitationAction,
    initial=[InvitationState.INVITED],
    steps={
        InvitationAction.ACCEPT: step(
            [InvitationState.INVITED], InvitationState.ACCEPTED, by=SUCCESSOR, guard="mobile_confirmed_in_time"
        ),
        InvitationAction.DECLINE: step(
            [InvitationState.INVITED], InvitationState.DECLINED, by=SUCCESSOR, guard="mobile_confirmed"
        ),
        InvitationAction.WITHDRAW: step([InvitationState.INVITED], InvitationState.WITHDRAWN, by=[EmployerRole.OWNER]),
        InvitationAction.EXPIRE: step([InvitationState.INVITED], InvitationState.EXPIRED, by=[SYSTEM]),
    },
)


class HandOverState(models.TextChoices):
    OFFERED = "offered", "待接任"
    PENDING = "pending", "待审核"
    RETURNED = "returned", "已退回"
    DONE = "done", "已交接"
    DECLINED = "declined", "已谢绝"
    WITHDRAWN = "withdrawn", "已撤回"
    REJECTED = "rejected", "未通过"
    EXPIRED = "expired", "已过期"


class HandOverAction(models.TextChoices):
    TAKE = "take", "确认接任"
    DECLINE = "decline", "谢绝接任"
    APPROVE = "approve", "审核通过"
    SEND_BACK = "send_back", "退回修改"
    REJECT = "reject", "不予通过"
    RESUBMIT = "resubmit", "重新提交"
    WITHDRAW = "withdraw", "撤回交接"
    EXPIRE = "expire", "交接过期"


HAND_OVER = Workflow(
    "hand_over",
    states=HandOverState,
    actions=HandOverAction,
    initial=[HandOverState.OFFERED, HandOverState.PENDING],
    steps={
        HandOverAction.TAKE: step(
            [HandOverState.OFFERED],
            HandOverState.DONE,
            by=SUCCESSOR,
            guard="mobile_confirmed_in_time",
            tells="hand_over_done",
        ),
        HandOverAction.DECLINE: step(
            [HandOverState.OFFERED], HandOverState.DECLINED, by=SUCCESSOR, guard="mobile_confirmed"
        ),
        HandOverAction.APPROVE: step(
            [HandOverState.PENDING],
            HandOverState.DONE,
            by=[StaffRole.REGISTRAR],
            guard="not_own_hand_over",
            tells="hand_over_done",
        ),
        HandOverAction.SEND_BACK: step(
            [HandOverState.PENDING],
            HandOverState.RETURNED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="hand_over_returned",
        ),
        HandOverAction.REJECT: step(
            [HandOverState.PENDING],
            HandOverState.REJECTED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="hand_over_rejected",
        ),
        HandOverAction.RESUBMIT: step(
            [HandOverState.RETURNED],
            HandOverState.PENDING,
            by=[APPLICANT, EmployerRole.OWNER],
            guard="asked_it_oneself",
        ),
        HandOverAction.WITHDRAW: step(
            [HandOverState.OFFERED, HandOverState.PENDING, HandOverState.RETURNED],
            HandOverState.WITHDRAWN,
            by=[EmployerRole.OWNER, EmployerRole.HANDLER, APPLICANT, SYSTEM],
            guard="asked_it_oneself",
        ),
        HandOverAction.EXPIRE: step([HandOverState.OFFERED], HandOverState.EXPIRED, by=[SYSTEM]),
    },
    deadlines={HandOverState.PENDING: "hand_over_days"},
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
