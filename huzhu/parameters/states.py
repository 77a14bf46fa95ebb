"""A change of a parameter: made at once, or confirmed by a second person where money hangs on it."""

from django.db import models

from huzhu.accounts.roles import StaffRole
from huzhu.shared.workflow import Workflow, step


class ChangeState(models.TextChoices):
    PROPOSED = "proposed", "待复核"
    CONFIRMED = "confirmed", "已生效"
    REFUSED = "refused", "未通过"


class ChangeAction(models.TextChoices):
    CONFIRM = "confirm", "复核通过"
    REFUSE = "refuse", "不予通过"


CHANGE = Workflow(
    "parameter_change",
    states=ChangeState,
    actions=ChangeAction,
    initial=[ChangeState.PROPOSED, ChangeState.CONFIRMED],
    steps={
        ChangeAction.CONFIRM: step(
            [ChangeState.PROPOSED],
            ChangeState.CONFIRMED,
            by=[StaffRole.SYSTEM_ADMIN, StaffRole.CASHIER_REVIEWER],
            guard="not_own_work",
        ),
        ChangeAction.REFUSE: step(
            [ChangeState.PROPOSED],
            ChangeState.REFUSED,
            by=[StaffRole.SYSTEM_ADMIN, StaffRole.CASHIER_REVIEWER],
            guard="has_reason",
        ),
    },
    deadlines={ChangeState.PROPOSED: "parameter_days"},
)
