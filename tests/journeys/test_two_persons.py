"""
The two-person rule in operation and in the database (rulebook §1): every pair of maker and checker, one person behind two accounts,
one account in two browsers, deputies; and the twins that show what the protection keeps out.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connections, transaction

from huzhu.accounts.permissions import NotPermitted
from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentExtension, SlipCancellation
from huzhu.cover import operations as cover
from huzhu.cover.models import PolicyBinding
from huzhu.employers import operations as employers
from huzhu.employers.models import BranchTransfer, ChangeRequest, HandOver, Registration
from huzhu.enrolment.models import Review
from huzhu.journeys.cancel_slip import approve_cancellation
from huzhu.journeys.decide_parameter import confirm_parameter
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import PAYMENT_DAYS
from huzhu.receipts import operations as receipts
from huzhu.shared import postgres
from huzhu.shared.actors import Actor, Principal
from huzhu.shared.calendar import local_date
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.cover import past_policy
from tests.factories.employers import (
    BranchTransferFactory,
    ChangeRequestFactory,
    HandOverFactory,
    MembershipFactory,
    RegistrationFactory,
    employer_actor,
)
from tests.factories.roster import RosterEntryFactory, resident_number
from tests.policy import without_guards

MAKER = "13900004444"


def registration() -> tuple[Registration, Callable[..., Any]]:
    made = RegistrationFactory(handler_mobile=MAKER, branch=money.root())
    return made, lambda by: employers.approve_registration(registration_id=made.pk, round=1, by=by, at=NOON)


def change() -> tuple[ChangeRequest, Callable[..., Any]]:
    made = ChangeRequestFactory(employer=money.employer(), asked_by_person=MAKER)
    return made, lambda by: employers.approve_change(change_id=made.pk, round=1, by=by, at=NOON)


def hand_over() -> tuple[HandOver, Callable[..., Any]]:
    made = HandOverFactory(employer=money.employer(), by_form=True, asked_by_person=MAKER)
    return made, lambda by: employers.approve_hand_over(hand_over_id=made.pk, round=1, by=by, at=NOON)


def binding() -> tuple[PolicyBinding, Callable[..., Any]]:
    past_policy(people=[499])
    owner = money.employer()
    RosterEntryFactory(employer=owner, document__number=resident_number(499))
    asker = replace(employer_actor(MembershipFactory(employer=owner)), person=MAKER)
    made = cover.bind_policy(employer_id=owner.pk, number="ZY2025000001", by=asker, at=NOON)
    return made, lambda by: cover.confirm_binding(binding_id=made.pk, by=by, at=NOON)


def transfer() -> tuple[BranchTransfer, Callable[..., Any]]:
    there = BranchFactory(parent=money.root(), level="city")
    made = BranchTransferFactory(employer=money.employer(), to_branch=there, asked_by_person=MAKER)
    return made, lambda by: employers.accept_transfer(transfer_id=made.pk, by=by, at=NOON)


def parameter() -> tuple[ParameterChange, Callable[..., Any]]:
    made = ParameterChange.objects.create(
        key=PAYMENT_DAYS,
        value="20",
        effective_from=local_date(NOON),
        reason="试点",
        state="proposed",
        needs_second_person=True,
        proposed_at=NOON,
        proposed_by_name="甲",
        proposed_by_person=MAKER,
    )

    def decide(by: Actor) -> Any:
        by = replace(by, roles=by.roles | {"cashier_reviewer"})
        return confirm_parameter(change_id=made.pk, by=by, at=NOON)

    return made, decide


def extension() -> tuple[PaymentExtension, Callable[..., Any]]:
    made = money.asked_extension(person=MAKER)

    def decide(by: Actor) -> Any:
        by = replace(by, roles=by.roles | {"cashier"})
        return billing.approve_extension(extension_id=made.pk, by=by, at=money.NOON)

    return made, decide


def cancellation() -> tuple[SlipCancellation, Callable[..., Any]]:
    slip = money.open_slip("95.00", application=money.approved_application(members=1))
    made = money.asked_cancellation(slip, person=MAKER)

    def decide(by: Actor) -> Any:
        by = replace(by, roles=by.roles | {"cashier"})
        return approve_cancellation(cancellation_id=made.pk, money_goes="", by=by, at=money.NOON)

    return made, decide


DECIDED = [registration, change, hand_over, binding, parameter, extension, cancellation]
EVERY = [*DECIDED, transfer]  # a transfer within one subtree is asked for and done by one person


def registrar(*, person: str, post: Any = None) -> Actor:
    """A registrar of the whole association with an account of that mobile."""
    return office_actor(post or StaffPostFactory(branch=money.root(), registrar=True, user__mobile=person))


def deputy_for(person: str) -> Actor:
    """Another registrar who stands in for the one with that mobile."""
    principal = registrar(person=person)
    by = registrar(person="13900005555")
    return replace(by, stands_in_for=Principal(user_id=principal.user_id, name=principal.name, person=person))


@pytest.mark.django_db
class TestOnePersonDecides:
    """A registrar who is the person who asked, with an account of the office beside the own one."""

    @pytest.mark.parametrize("pair", EVERY)
    def test_the_operation_refuses_the_person_who_asked(self, pair):
        _, decide = pair()
        with pytest.raises(NotPermitted):
            decide(registrar(person=MAKER))

    @pytest.mark.parametrize("pair", EVERY)
    def test_the_operation_refuses_a_deputy_of_the_person_who_asked(self, pair):
        _, decide = pair()
        with pytest.raises(NotPermitted):
            decide(deputy_for(MAKER))

    @pytest.mark.parametrize("pair", EVERY)
    def test_another_person_decides_and_stands_on_the_row(self, pair):
        made, decide = pair()
        decide(registrar(person="13900006666"))
        made.refresh_from_db()
        assert (made.decided_by_person, made.decided_for_person) == ("13900006666", "")

    @pytest.mark.parametrize("pair", DECIDED)
    @pytest.mark.parametrize("column", ["decided_by_person", "decided_for_person"])
    def test_the_database_refuses_the_person_who_asked(self, pair, column):
        made, _ = pair()
        with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
            type(made).objects.filter(pk=made.pk).update(**{column: MAKER})

    @pytest.mark.parametrize("pair", DECIDED)
    def test_the_database_says_who_the_account_is(self, pair):
        """A row that names another person than the account's is put right, and then refused."""
        made, _ = pair()
        own = registrar(person=MAKER)
        with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
            type(made).objects.filter(pk=made.pk).update(decided_by_id=own.user_id, decided_by_person="13900009999")

    @pytest.mark.parametrize("pair", DECIDED)
    def test_who_asked_stays_who_asked(self, pair):
        made, _ = pair()
        field = {Registration: "handler_mobile", ParameterChange: "proposed_by_person"}.get(
            type(made), "asked_by_person"
        )
        changed = {field: "13900009999", "state": "returned"} if pair is change else {field: "13900009999"}
        with pytest.raises(IntegrityError, match=r"who asked stays who asked|Cannot update"), transaction.atomic():
            type(made).objects.filter(pk=made.pk).update(**changed)


@pytest.mark.django_db
class TestReviews:
    """The verdicts themselves are rows that stay; none is written for a person who has had a hand in it."""

    def _verdict(self, case: make.Case, *, person: str, stage: int) -> None:
        Review.objects.create(
            application=case.application,
            submission=1,
            stage=stage,
            is_approved=True,
            reviewer_id=1,
            reviewer_person=person,
            reviewer_name="甲",
            reviewed_at=make.NOON,
        )

    def test_not_for_who_submitted(self):
        case = make.application("first_review")
        with pytest.raises(IntegrityError, match="another person reviews"), transaction.atomic():
            self._verdict(case, person=case.application.submitted_by_person, stage=1)

    def test_not_twice_for_one_person_whatever_the_application_says(self):
        case = make.application("second_review")
        first = case.application.first_reviewed_by_person
        type(case.application).objects.filter(pk=case.id).update(first_reviewed_by_person="13900007777")
        with pytest.raises(IntegrityError, match="another person reviews"), transaction.atomic():
            self._verdict(case, person=first, stage=2)


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Each act in a session of its own, started together; the names of what each ended with."""
    ends, barrier = [""] * len(acts), threading.Barrier(len(acts))

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=20)
            acts[number]()
            ends[number] = "done"
        except Exception as error:  # what stopped the session is the result
            ends[number] = type(error).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ends


class TestInTwoSessions:
    """One person in two sessions at once: two accounts with one mobile, or two browsers of one account."""

    @pytest.mark.parametrize("pair", EVERY)
    def test_two_browsers_of_one_account_decide_once(self, own_database, pair):
        _, decide = pair()
        by = registrar(person="13900006666")
        ends = at_once(lambda: decide(by), lambda: decide(by))
        assert sorted(ends)[1] == "done"
        assert sorted(ends)[0] in ("TransitionNotAllowed", "BindingRefused")

    def test_proposing_and_confirming_money_with_two_accounts(self, own_database):
        slip = money.open_slip()
        line = money.imported(money.transfer("950.00", "会费"), by=money.cashier(person="13900000005", user_id=905))
        (line_id,) = line.new_ids
        first = money.cashier(person=MAKER, user_id=911)
        second = money.cashier(person=MAKER, user_id=912, roles=("cashier_reviewer",))
        billing.propose_allocation(
            transaction_id=line_id, amounts={slip.pk: slip.amount}, reason="x", by=first, at=money.NOON
        )
        confirm = lambda by: billing.confirm_allocation(transaction_id=line_id, by=by, at=money.NOON)  # noqa: E731
        assert set(at_once(lambda: confirm(first), lambda: confirm(second))) == {"NotPermitted"}
        assert not slip.allocations.exists()

    def test_reversing_a_receipt_with_two_accounts(self, own_database):
        issuer, _ = papers.cashiers()
        other = replace(issuer, roles=frozenset({"cashier_reviewer"}), name="另名")
        request = papers.receipt_request()
        later = papers.LATER + dt.timedelta(hours=1)

        def reverse() -> None:
            receipts.reverse_receipt(request_id=request.pk, reason="金额有误", by=other, at=later)

        issue = lambda: receipts.issue_receipt(request_id=request.pk, by=issuer, at=papers.LATER)  # noqa: E731
        ends = at_once(issue, reverse)
        assert ends[0] == "done"
        assert ends[1] in ("NotPermitted", "TransitionNotAllowed", "DoesNotExist")
        with pytest.raises(Exception, match="由您本人开具"):
            reverse()

    def test_without_the_checks_the_database_still_refuses(self, own_database, monkeypatch):
        """The first twin: the operation lets everybody decide; the constraint does not."""
        made, decide = change()
        without_guards(monkeypatch, "change_request.approve")
        own = registrar(person=MAKER)
        assert at_once(lambda: decide(own), lambda: decide(own)) == ["IntegrityError", "IntegrityError"]
        made.refresh_from_db()
        assert made.state == "pending"

    def test_without_either_wall_one_person_is_enough(self, own_database, monkeypatch):
        """The second twin: both walls down, one of the two sessions approves the own change."""
        made, decide = change()
        without_guards(monkeypatch, "change_request.approve")
        with owner_of_tables() as owner:
            owner.execute("ALTER TABLE employers_changerequest DROP CONSTRAINT change_decided_by_another")
            owner.execute("ALTER TABLE employers_changerequest DISABLE TRIGGER USER")
        own = registrar(person=MAKER)
        assert sorted(at_once(lambda: decide(own), lambda: decide(own))) == ["TransitionNotAllowed", "done"]
        made.refresh_from_db()
        assert made.decided_by_person == made.asked_by_person


def owner_of_tables() -> psycopg.Connection:
    """The owner of the tables, who alone can take a wall down."""
    at = connections["default"].settings_dict
    return psycopg.connect(
        dbname=at["NAME"],
        user=postgres.OWNER,
        host=at["HOST"],
        port=at["PORT"] or None,
        password=at["PASSWORD"] or None,
    )
