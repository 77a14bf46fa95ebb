"""docs/reference/rights.md: who may open and do what, read from the access table and the declarations of the flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from huzhu.accounts.roles import SYSTEM, EmployerRole, StaffRole
from huzhu.cli.environment import ROOT
from huzhu.employers.states import APPLICANT
from huzhu.journeys.flows import FLOWS
from huzhu.shared.actors import Side
from huzhu.shared.workflow import Workflow
from huzhu.web import access

PATH = ROOT / "docs" / "reference" / "rights.md"
LABELS = {str(role): str(role.label) for role in (*EmployerRole, *StaffRole)} | {SYSTEM: "系统", APPLICANT: "申请人"}
EVERYBODY = {Side.EMPLOYER: frozenset(EmployerRole.values), Side.OFFICE: frozenset(StaffRole.values)}
HEAD = """# Rights

Written by `huzhu states` from the access table (`huzhu/web/access.py`) and the flows (`huzhu/journeys/flows.py`); do not edit.

Three questions are asked, each in one place.

* *May this person open the route?* The access table, by the middleware.
* *Whose records?* `huzhu/accounts/scope.py`: an employer's people those of the employer in front, staff those of the employers in
  their branch's subtree; anything else is as if it did not exist.
* *May this person take this step?* The flow's declaration and the `permissions.py` of the app, inside the operation.

`tests/web/test_rights_matrix.py` asks every route in everybody's place.
"""


def write(*, check: bool) -> list[str]:
    """
    This function will write the page, or only name it if it differs.

    :returns: the page, if it was not up to date
    """
    page = "\n".join([HEAD, *_routes(), *_steps()])
    if PATH.exists() and PATH.read_text() == page:
        return []
    if not check:
        PATH.write_text(page)
    return ["rights"] if check else []


def _routes() -> Iterator[str]:
    for side, title in ((Side.OFFICE, "Routes of the office"), (Side.EMPLOYER, "Routes of employers")):
        yield f"## {title}\n\n| route | open to |\n| --- | --- |"
        for name, rule in sorted(access.get_table().items()):
            if rule.side == side:
                yield f"| `{name}` | {_tell(rule.roles, whole=EVERYBODY[side])} |"
        yield ""
    names = (f"`{name}`" for name, rule in sorted(access.get_table().items()) if rule.side is None)
    yield "## Routes open to anyone\n\n" + ", ".join(names) + "\n"


def _steps() -> Iterator[str]:
    yield "## Steps of the flows\n"
    for name, (title, flow) in FLOWS.items():
        yield f"### {title} (`{name}`)\n\n| step | from → to | by | guard |\n| --- | --- | --- | --- |"
        for action, step in flow.steps.items():
            sources = "、".join(_state(flow, source) for source in sorted(step.sources))
            way = f"{sources} → {_state(flow, step.target)}"
            guard = f"`{step.guard}`" if step.guard else ""
            yield f"| {flow.actions(action).label} | {way} | {_tell(step.by)} | {guard} |"
        yield ""


def _state(flow: Workflow, state: str) -> str:
    return str(flow.states(state).label)


def _tell(roles: Iterable[str], *, whole: frozenset[str] = frozenset()) -> str:
    named = {str(role) for role in roles}
    return "all" if named == whole else "、".join(label for role, label in LABELS.items() if role in named)
