"""Every pair of state and action, open or not; and the database's own guard over every pair of states."""

from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import EDITABLE, WORKFLOW, Action, State
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories import enrolment as make
from tests.factories.flows import move

OPEN = {
    State.DRAFT: {Action.SUBMIT: State.AWAITING_FORM, Action.DELETE: State.DELETED},
    State.RETURNED: {Action.SUBMIT: State.AWAITING_FORM, Action.DELETE: State.DELETED},
    State.AWAITING_FORM: {
        Action.EDIT: State.DRAFT,
        Action.SEND_FORM: State.FIRST_REVIEW,
        Action.DELETE: State.DELETED,
    },
    State.FIRST_REVIEW: {
        Action.RECALL: State.RETURNED,
        Action.APPROVE_FIRST: State.SECOND_REVIEW,
        Action.RETURN_FIRST: State.RETURNED,
    },
    State.SECOND_REVIEW: {
        Action.APPROVE_SECOND: State.AWAITING_PAYMENT,
        Action.RETURN_SECOND: State.RETURNED,
        Action.SETTLE_FREE: State.EFFECTIVE,
    },
    State.AWAITING_PAYMENT: {
        Action.SETTLE: State.EFFECTIVE,
        Action.WITHDRAW_TO_DRAFT: State.DRAFT,
        Action.CANCEL: State.CANCELLED,
        Action.EXPIRE: State.EXPIRED,
    },
    State.EXPIRED: {Action.REISSUE: State.AWAITING_PAYMENT},
    State.EFFECTIVE: {},
    State.DELETED: {},
    State.CANCELLED: {},
}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(State, Action)))
def test_only_these_actions_are_open(state, action):
    if action in OPEN[state]:
        assert WORKFLOW.next_state(action, state=state) == OPEN[state][action]
    else:
        with pytest.raises(TransitionNotAllowed):
            WORKFLOW.next_state(action, state=state)


def test_only_drafts_and_returned_applications_are_editable():
    assert {state for state in State if Action.SUBMIT in OPEN[state]} == EDITABLE


def way_to(state: State) -> list[State]:
    """The shortest declared way from a draft to a state."""
    ways = [[State.DRAFT]]
    for way in ways:
        if way[-1] == state:
            return way
        ways += [
            [*way, State(after)] for before, after in sorted(WORKFLOW.edges()) if before == way[-1] and after not in way
        ]
    raise AssertionError(state)


def put(application: EnrolmentApplication, state: State) -> None:
    """Write a state by SQL, past every operation."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrolment_enrolmentapplication SET state = %s WHERE id = %s", [state, application.pk])


@pytest.fixture
def reviewed() -> EnrolmentApplication:
    """A draft that no other constraint than the flow holds back."""
    return EnrolmentApplication.objects.create(
        number="SQ1",
        employer=make.an_employer(),
        created_at=make.NOON,
        created_by_person="1",
        submitted_by_person="1",
        first_reviewed_by_person="2",
        first_reviewed_at=make.NOON,
        second_reviewed_by_person="3",
        second_reviewed_at=make.NOON,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("before", State)
def test_the_database_refuses_every_change_of_state_that_is_not_declared(reviewed, before):
    for step in way_to(before)[1:]:
        move(reviewed, step, at=make.NOON)
    for after in set(State) - {before}:
        if (before, after) in WORKFLOW.edges():
            with transaction.atomic():
                put(reviewed, after)
                transaction.set_rollback(True)
        else:
            with pytest.raises(IntegrityError, match="is not declared"), transaction.atomic():
                put(reviewed, after)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_an_application_is_born_as_a_draft_only(state):
    with pytest.raises(IntegrityError, match="cannot begin"), transaction.atomic():
        EnrolmentApplication.objects.create(
            number="SQ1", employer=make.an_employer(), created_at=make.NOON, created_by_person="1", state=state
        )
