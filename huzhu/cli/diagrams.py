"""docs/states/: every flow as a diagram, drawn from its declaration."""

from __future__ import annotations

from huzhu.billing.states import BANK_LINE, SLIP
from huzhu.cli.environment import ROOT
from huzhu.employers.states import GROUP_LINK, HAND_OVER, INVITATION, JOINING, REGISTRATION
from huzhu.enrolment.states import WORKFLOW as ENROLMENT
from huzhu.receipts.states import REQUEST
from huzhu.shared.workflow import Workflow

FLOWS: dict[str, tuple[str, Workflow]] = {
    "registration": ("单位注册", REGISTRATION),
    "joining": ("申请加入单位账号", JOINING),
    "invitation": ("邀请成员", INVITATION),
    "hand_over": ("经办人交接", HAND_OVER),
    "group_link": ("上下级关系", GROUP_LINK),
    "enrolment": ("参保申请", ENROLMENT),
    "slip": ("缴款单", SLIP),
    "bank_line": ("银行流水", BANK_LINE),
    "receipt_request": ("开票申请", REQUEST),
}


def draw(*, check: bool) -> list[str]:
    """
    This function will write one page per flow, or only name those that differ.

    :returns: the names of the pages that were not up to date
    """
    folder = ROOT / "docs" / "states"
    stale = []
    for name, (title, flow) in FLOWS.items():
        head = f"# {title} (`{name}`)\n\nDrawn from the declaration by `huzhu states`; do not edit.\n\n"
        page = f"{head}```mermaid\n{flow.diagram()}```\n"
        path = folder / f"{name}.md"
        if path.exists() and path.read_text() == page:
            continue
        stale.append(name)
        if not check:
            path.write_text(page)
    return stale if check else []
