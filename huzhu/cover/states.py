"""历史保单绑定 (rulebook §2.1): from an employer's wish to cover that counts."""

from django.db import models

from huzhu.accounts.roles import SYSTEM, EmployerRole, StaffRole
from huzhu.shared.workflow import Workflow, step


class BindingState(models.TextChoices):
    REQUESTED = "requested", "待审核"
    CONFIRMED = "confirmed", "已绑定"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


class BindingAction(models.TextChoices):
    CONFIRM = "confirm", "确认绑定"
    REJECT = "reject", "不予绑定"
    WITHDRAW = "withdraw", "撤回申请"


POLICY_BINDING = Workflow(
    "policy_binding",
    states=BindingState,
    actions=BindingAction,
    initial=[BindingState.REQUESTED],
    steps={
        BindingAction.CONFIRM: step(
            [BindingState.REQUESTED],
            BindingState.CONFIRMED,
            by=[StaffRole.REGISTRAR, SYSTEM],
            guard="same_credit_code_or_reviewed",
            tells="binding_confirmed",
        ),
        BindingAction.REJECT: step(
            [BindingState.REQUESTED],
            BindingState.REJECTED,
            by=[StaffRole.REGISTRAR],
            guard="has_reason",
            tells="binding_rejected",
        ),
        BindingAction.WITHDRAW: step(
            [BindingState.REQUESTED], BindingState.WITHDRAWN, by=[EmployerRole.OWNER, EmployerRole.HANDLER]
        ),
    },
    deadlines={BindingState.REQUESTED: "binding_days"},
)
