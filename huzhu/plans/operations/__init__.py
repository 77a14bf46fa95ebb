"""Everything that writes plans."""

from huzhu.plans.operations.catalogue import CATALOGUE, load_catalogue
from huzhu.plans.operations.drafting import (
    VersionConflict,
    begin_plan,
    change_cases,
    change_draft,
    discard,
    draft_version,
    propose,
    recall,
)
from huzhu.plans.operations.moving import CasesFail, PlanRefused
from huzhu.plans.operations.publishing import bring_end_forward, close, publish, send_back
from huzhu.plans.operations.windows import set_window
from huzhu.plans.rules import FiguresRefused

__all__ = [
    "CATALOGUE",
    "CasesFail",
    "FiguresRefused",
    "PlanRefused",
    "VersionConflict",
    "begin_plan",
    "bring_end_forward",
    "change_cases",
    "change_draft",
    "close",
    "discard",
    "draft_version",
    "load_catalogue",
    "propose",
    "publish",
    "recall",
    "send_back",
    "set_window",
]
