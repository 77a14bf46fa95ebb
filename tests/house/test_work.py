"""No flow can forget the office: every state that waits for staff is a kind of work, with its page, its deadline and its rule."""

from __future__ import annotations

import pytest

from huzhu.accounts.roles import STAFF
from huzhu.cli.diagrams import FLOWS
from huzhu.journeys.decide_in_bulk import ACTS
from huzhu.parameters.rules import DEFINITIONS, WORK_LIMITS
from huzhu.shared.workflow import Workflow, step
from huzhu.web import access
from huzhu.work.kinds import WorkKind, get_kinds

KINDS = {kind.key: kind for kind in get_kinds()}


def get_forgotten(flows: dict[str, Workflow], kinds: list[WorkKind]) -> set[tuple[str, str]]:
    """The states of flows that wait for staff and stand in no work list."""
    listed = {(kind.flow.name, str(kind.state)) for kind in kinds}
    waiting = {
        (name, str(state))
        for name, flow in flows.items()
        for state in flow.states
        if flow.get_roles_waited_for(state) & STAFF
    }
    return waiting - listed


def test_every_flow_that_waits_for_the_office_has_a_work_list():
    assert get_forgotten({name: flow for name, (_, flow) in FLOWS.items()}, get_kinds()) == set()


def test_a_flow_without_a_work_list_is_found():
    """The twin: take one kind away, and the same question names its state."""
    flows = {name: flow for name, (_, flow) in FLOWS.items()}
    without = [kind for kind in get_kinds() if kind.key != "receipts"]
    assert get_forgotten(flows, without) == {("receipt_request", "requested")}


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_waits_for_somebody_and_by_a_known_day(key: str):
    kind = KINDS[key]
    assert kind.roles
    assert DEFINITIONS[kind.limit].default > 0
    assert kind.limit in WORK_LIMITS
    assert kind.state in kind.flow.states.values


@pytest.mark.parametrize("key", KINDS)
def test_a_step_taken_in_bulk_is_one_the_roles_of_the_kind_take(key: str):
    kind = KINDS[key]
    if kind.bulk_action:
        assert kind.flow.steps[kind.bulk_action].by & kind.roles


def test_what_is_declared_for_bulk_has_an_act_and_a_check_and_nothing_else_has():
    declared = {key for key, kind in KINDS.items() if kind.bulk_action}
    assert declared == set(ACTS) == {key for key, kind in KINDS.items() if kind.check_in_bulk}


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_has_a_page_that_its_roles_may_open(key: str):
    kind = KINDS[key]
    assert kind.roles <= access.get_table()[kind.page].roles


def test_a_step_that_need_not_be_taken_makes_no_work():
    flow = FLOWS["receipt_request"][1]
    assert flow.get_waiting_states(roles=frozenset({"cashier"})) == ["requested"]
    assert flow.get_waiting_states(roles=frozenset({"cashier_reviewer"})) == []  # reversing is no duty
    assert step(["a"], "b", by=["x"]).waits
