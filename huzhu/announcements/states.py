"""The life of an announcement: written, perhaps set for a day, published once, perhaps withdrawn."""

from django.db import models

from huzhu.accounts.roles import SYSTEM, StaffRole
from huzhu.shared.workflow import Workflow, step

# Who tells employers something, each of their own trade: dealing with papers, plans, and the system's own hours.
WRITERS = frozenset({StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.PRODUCT_MANAGER, StaffRole.SYSTEM_ADMIN})


class AnnouncementState(models.TextChoices):
    DRAFT = "draft", "草稿"
    SCHEDULED = "scheduled", "待发布"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已撤回"


class AnnouncementAction(models.TextChoices):
    SCHEDULE = "schedule", "定时发布"
    UNSCHEDULE = "unschedule", "取消定时"
    PUBLISH = "publish", "发布"
    WITHDRAW = "withdraw", "撤回"


class Audience(models.TextChoices):
    """How the addressed employers are chosen; always among those of the writer's branch and below."""

    ALL = "all", "全部参保单位"
    BRANCHES = "branches", "按机构"
    KINDS = "kinds", "按单位性质"
    PICKED = "picked", "指定单位"


ANNOUNCEMENT = Workflow(
    "announcement",
    states=AnnouncementState,
    actions=AnnouncementAction,
    initial=[AnnouncementState.DRAFT],
    steps={
        AnnouncementAction.SCHEDULE: step(
            [AnnouncementState.DRAFT], AnnouncementState.SCHEDULED, by=WRITERS, guard="as_previewed", waits=False
        ),
        AnnouncementAction.UNSCHEDULE: step(
            [AnnouncementState.SCHEDULED], AnnouncementState.DRAFT, by=WRITERS, waits=False
        ),
        AnnouncementAction.PUBLISH: step(
            [AnnouncementState.DRAFT, AnnouncementState.SCHEDULED],
            AnnouncementState.PUBLISHED,
            by=[*WRITERS, SYSTEM],
            guard="as_previewed",
            waits=False,
        ),
        AnnouncementAction.WITHDRAW: step(
            [AnnouncementState.DRAFT, AnnouncementState.SCHEDULED, AnnouncementState.PUBLISHED],
            AnnouncementState.WITHDRAWN,
            by=WRITERS,
            guard="has_reason",
            waits=False,
        ),
    },
)
