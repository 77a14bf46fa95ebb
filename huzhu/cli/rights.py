"""docs/reference/rights.md: who may open and do what, read from the access table and the declarations of the flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from huzhu.accounts import policy
from huzhu.accounts.roles import APPLICANT, SYSTEM, EmployerRole, StaffRole
from huzhu.cli.environment import ROOT
from huzhu.journeys.flows import FLOWS
from huzhu.shared.actors import Side
from huzhu.shared.workflow import Workflow
from huzhu.web import access

PATH = ROOT / "docs" / "reference" / "rights.md"
LABELS = {str(role): str(role.label) for role in (*EmployerRole, *StaffRole)} | {SYSTEM: "系统", APPLICANT: "申请人"}
EVERYBODY = {Side.EMPLOYER: frozenset(EmployerRole.values), Side.OFFICE: frozenset(StaffRole.values)}
HEAD = """# Rights

Written by `huzhu states` from the policy table (`huzhu/accounts/policy.py`), which takes roles and states of steps from the flows,
and from the access table (`huzhu/web/access.py`), which takes the roles of routes that act from the policy table; do not edit.

Three questions are asked, each in one place.

* *May this person open the route?* The access table, by the middleware.
* *Whose records?* `huzhu/accounts/scope.py`: an employer's people those of the employer in front, staff those of the employers in
  their branch's subtree; anything else is as if it did not exist.
* *May this person take this act, on this record, as it stands?* The policy table: `may` for buttons, `check` inside the operation.

`tests/web/test_rights_matrix.py` asks every route in everybody's place, `tests/web/test_buttons.py` every button.
"""


def write(*, check: bool) -> list[str]:
    """
    This function will write the page, or only name it if it differs.

    :returns: the page, if it was not up to date
    """
    page = "\n".join([HEAD, *_routes(), *_acts()])
    if PATH.exists() and PATH.read_text() == page:
        return []
    if not check:
        PATH.write_text(page)
    return ["rights"] if check else []


def _routes() -> Iterator[str]:
    for side, title in ((Side.OFFICE, "Routes of the office"), (Side.EMPLOYER, "Routes of employers")):
        yield f"## {title}\n\n| route | open to | acts |\n| --- | --- | --- |"
        for name, rule in sorted(access.get_table().items()):
            if rule.side == side:
                acts = ", ".join(f"`{act}`" for act in rule.acts)
                yield f"| `{name}` | {_tell(rule.roles, whole=EVERYBODY[side])} | {acts} |"
        yield ""
    names = (f"`{name}`" for name, rule in sorted(access.get_table().items()) if rule.side is None)
    yield "## Routes open to anyone\n\n" + ", ".join(names) + "\n"


def _acts() -> Iterator[str]:
    things: dict[str, list[policy.Rule]] = {}
    for name, rule in policy.get_table().items():
        things.setdefault(name.rpartition(".")[0], []).append(rule)
    yield "## Acts\n"
    for thing, rules in sorted(things.items()):
        flow = next((rule.flow for rule in rules if rule.flow), None)
        title = f"{FLOWS[flow.name][0]} (`{thing}`)" if flow else f"`{thing}`"
        yield (
            f"### {title}\n\n| act | who | whose | in which states | what else is asked | shows |\n"
            + "| --- " * 6
            + "|"
        )
        yield from map(_act, rules)
        yield ""


def _act(rule: policy.Rule) -> str:
    way, guards = "", [_words(guard) for guard in rule.guards]
    if rule.flow:
        step = rule.flow.steps[rule.action]
        way = f"{'、'.join(_state(rule.flow, one) for one in sorted(step.sources))} → {_state(rule.flow, step.target)}"
        guards += [f"`{step.guard}`"] if step.guard else []
    scope = _words(rule.scope) if rule.scope else ""
    who = _tell(rule.roles, whole=frozenset(LABELS))
    return f"| `{rule.action}` {rule.label} | {who} | {scope} | {way} | {'; '.join(guards)} | {', '.join(rule.shows)} |"


def _words(question: policy.Question) -> str:
    """What a question asks, in the first line of its docstring."""
    return (question.__doc__ or "").strip().splitlines()[0]


def _state(flow: Workflow, state: str) -> str:
    return str(flow.states(state).label)


def _tell(roles: Iterable[str], *, whole: frozenset[str] = frozenset()) -> str:
    named = {str(role) for role in roles}
    return "all" if named == whole else "、".join(label for role, label in LABELS.items() if role in named)
