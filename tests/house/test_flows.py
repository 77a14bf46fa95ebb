"""Every flow, every pair of states: the declaration is the only way, and the database knows it too."""

from __future__ import annotations

import pytest

from huzhu.cli.diagrams import FLOWS
from huzhu.shared.workflow import TransitionNotAllowed, Workflow


@pytest.mark.parametrize("name", FLOWS)
def test_every_pair_of_state_and_action_is_declared_or_refused(name: str):
    flow = FLOWS[name][1]
    for action in flow.actions:
        for state in flow.states:
            if flow.allows(action, state=state):
                assert flow.next_state(action, state=state) in set(flow.states)
            else:
                with pytest.raises(TransitionNotAllowed):
                    flow.next_state(action, state=state)


@pytest.mark.parametrize("name", FLOWS)
def test_every_action_is_declared_and_every_state_can_be_reached(name: str):
    flow: Workflow = FLOWS[name][1]
    assert set(flow.steps) == set(flow.actions)
    reached = set(flow.initial)
    for _ in flow.states:
        reached |= {target for source, target in flow.edges() if source in reached}
    assert reached == set(flow.states)


@pytest.mark.parametrize("name", FLOWS)
def test_somebody_may_take_every_action(name: str):
    assert all(step.by for step in FLOWS[name][1].steps.values())
