"""The life of a plan version: drafted from the latest one, proposed, published by somebody else, closed to sale one day."""

from django.db import models

from huzhu.accounts.roles import StaffRole
from huzhu.shared.workflow import Workflow, step

MANAGERS = frozenset({StaffRole.PRODUCT_MANAGER})


class VersionState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PROPOSED = "proposed", "待复核"
    RETURNED = "returned", "已退回"
    PUBLISHED = "published", "已发布"
    CLOSED = "closed", "已停售"
    DISCARDED = "discarded", "已作废"


class VersionAction(models.TextChoices):
    PROPOSE = "propose", "提交复核"
    RECALL = "recall", "撤回"
    SEND_BACK = "send_back", "退回"
    PUBLISH = "publish", "发布"
    CLOSE = "close", "停售"
    DISCARD = "discard", "作废"


class WindowKind(models.TextChoices):
    """What a branch says about the sale of a version; the nearest branch that says something decides."""

    OWN = "own", "按本机构的起止日期参保"
    NONE = "none", "本机构不开放参保"
    INHERIT = "inherit", "按上级机构办理"


EDITABLE = frozenset({VersionState.DRAFT, VersionState.RETURNED})
OPEN = EDITABLE | {VersionState.PROPOSED}
TOLD = frozenset({VersionState.PUBLISHED, VersionState.CLOSED})

PLAN_VERSION = Workflow(
    "plan_version",
    states=VersionState,
    actions=VersionAction,
    # What the society sold before it had this system came in as published or closed, by the catalogue.
    initial=[VersionState.DRAFT, VersionState.PUBLISHED, VersionState.CLOSED],
    steps={
        VersionAction.PROPOSE: step(EDITABLE, VersionState.PROPOSED, by=MANAGERS, guard="cases_pass", waits=False),
        VersionAction.RECALL: step([VersionState.PROPOSED], VersionState.DRAFT, by=MANAGERS, waits=False),
        VersionAction.SEND_BACK: step(
            [VersionState.PROPOSED], VersionState.RETURNED, by=MANAGERS, guard="not_own_work"
        ),
        VersionAction.PUBLISH: step(
            [VersionState.PROPOSED], VersionState.PUBLISHED, by=MANAGERS, guard="not_own_work and cases_pass"
        ),
        VersionAction.CLOSE: step(
            [VersionState.PUBLISHED], VersionState.CLOSED, by=MANAGERS, guard="has_reason", waits=False
        ),
        VersionAction.DISCARD: step(EDITABLE, VersionState.DISCARDED, by=MANAGERS, waits=False),
    },
    deadlines={VersionState.PROPOSED: "plan_days"},
)
