"""Who may do what: role, scope, and another person for every review, in code and in the database."""

from __future__ import annotations

import dataclasses

import pytest
from django.db import IntegrityError, transaction

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.permissions import NotPermitted
from huzhu.enrolment.states import Action
from huzhu.shared.actors import system_actor
from tests.factories import accounts, employers
from tests.factories import enrolment as make

pytestmark = pytest.mark.django_db

EMPLOYER_ACTIONS = [
    Action.SUBMIT,
    Action.EDIT,
    Action.SEND_FORM,
    Action.RECALL,
    Action.DELETE,
    Action.WITHDRAW_TO_DRAFT,
    Action.CANCEL,
]


@pytest.mark.parametrize("action", EMPLOYER_ACTIONS)
@pytest.mark.parametrize("role", ["owner", "handler", "finance", "liaison", "viewer"])
def test_the_employers_people_do_what_their_role_allows(action, role):
    case = make.application()
    actor = make.handler(case.employer, roles=(role,))
    allowed = role in ("owner", "handler") or (
        role == "finance" and action in (Action.WITHDRAW_TO_DRAFT, Action.CANCEL)
    )
    assert bool(permissions.may(actor, f"enrolment.{action}")) is allowed
    if allowed:
        permissions.check(actor, f"enrolment.{action}", case.application)
    else:
        with pytest.raises(NotPermitted, match="角色"):
            permissions.check(actor, f"enrolment.{action}", case.application)


def test_another_employers_people_may_nothing():
    case = make.application()
    stranger = make.handler(make.an_employer(), person="13800000002")
    for attempt in (
        lambda: enrolment.run_precheck(application_id=case.id, by=stranger, at=make.NOON),
        lambda: enrolment.submit(application_id=case.id, by=stranger, at=make.NOON),
        lambda: enrolment.delete(application_id=case.id, by=stranger, at=make.NOON),
        lambda: enrolment.add_from_roster(application_id=case.id, by=stranger, at=make.NOON),
    ):
        with pytest.raises(NotPermitted, match="不在您的办理范围"):
            attempt()
    with pytest.raises(NotPermitted):
        enrolment.create_draft(employer_id=case.employer.pk, by=stranger, at=make.NOON)


def test_staff_change_nothing_in_an_application():
    case = make.application()
    with pytest.raises(NotPermitted, match="只有参保单位"):
        enrolment.remove_members(application_id=case.id, member_ids=[], by=make.registrar(), at=make.NOON)


class TestScopeOfReview:
    def test_first_review_by_the_branch_or_one_above_it(self):
        case = make.application("first_review")
        for branch in (make.city(), make.province()):
            permissions.check_may_review(application=case.application, by=make.registrar(branch=branch))

    def test_not_by_a_sister_branch_or_one_below(self):
        case = make.application("first_review")
        sister = accounts.BranchFactory(parent=make.province(), level="city")
        below = accounts.BranchFactory(parent=make.city(), level="county")
        for branch in (sister, below):
            with pytest.raises(NotPermitted, match="办理范围"):
                permissions.check_may_review(application=case.application, by=make.registrar(branch=branch))

    def test_second_review_by_the_province_only(self):
        case = make.application("second_review")
        permissions.check_may_review(application=case.application, by=make.reviewer())
        with pytest.raises(NotPermitted, match="省级"):
            permissions.check_may_review(application=case.application, by=make.reviewer(branch=make.city()))

    @pytest.mark.parametrize("state", ["draft", "awaiting_form", "awaiting_payment"])
    def test_nothing_to_review_outside_the_reviews(self, state):
        case = make.application(state)
        with pytest.raises(NotPermitted, match="不在审核中"):
            permissions.check_may_review(application=case.application, by=make.reviewer())

    @pytest.mark.parametrize(("state", "wrong"), [("first_review", make.reviewer), ("second_review", make.registrar)])
    def test_each_stage_has_its_role(self, state, wrong):
        case = make.application(state)
        with pytest.raises(NotPermitted, match="只有互助会"):
            permissions.check_may_review(application=case.application, by=wrong(person="13900000099"))


class TestTwoPersons:
    def test_the_first_reviewer_does_not_review_again(self):
        case = make.application("second_review")
        same = make.reviewer(person=make.registrar().person)
        with pytest.raises(NotPermitted, match="另一人"):
            enrolment.approve_second(application_id=case.id, by=same, at=make.NOON)
        assert case.refresh().state == "second_review"

    def test_another_account_of_the_same_person_is_the_same_person(self):
        case = make.application("second_review")
        other_account = dataclasses.replace(make.reviewer(person=make.registrar().person), user_id=4242)
        with pytest.raises(NotPermitted, match="另一人"):
            enrolment.approve_second(application_id=case.id, by=other_account, at=make.NOON)

    def test_nobody_reviews_what_the_same_person_submitted(self):
        case = make.application("first_review")
        with pytest.raises(NotPermitted, match="本人"):
            enrolment.approve_first(
                application_id=case.id, by=make.registrar(person=make.handler(case.employer).person), at=make.NOON
            )

    def test_nobody_reviews_what_the_same_person_helped_to_fill_in(self):
        case = make.application("draft")
        helper = make.handler(case.employer, person="13800000077")
        enrolment.run_precheck(application_id=case.id, by=helper, at=make.NOON)
        make.advance(case, "first_review")
        with pytest.raises(NotPermitted, match="曾为参保单位"):
            enrolment.approve_first(application_id=case.id, by=make.registrar(person=helper.person), at=make.NOON)

    def test_nobody_reviews_an_employer_whose_account_the_person_belongs_to(self):
        case = make.application("first_review")
        member = employers.MembershipFactory(employer=case.employer, user=accounts.UserFactory(mobile="13900000055"))
        staff = make.registrar(person="13900000055")
        with pytest.raises(NotPermitted, match="账号成员"):
            enrolment.approve_first(application_id=case.id, by=staff, at=make.NOON)
        member.ended_at = make.NOON
        member.save()
        enrolment.approve_first(application_id=case.id, by=staff, at=make.NOON)

    @pytest.mark.parametrize(
        "persons",
        [
            {"first_reviewed_by_person": "1", "second_reviewed_by_person": "1"},
            {"first_reviewed_by_person": "1", "submitted_by_person": "1"},
            {"second_reviewed_by_person": "1", "submitted_by_person": "1"},
            {"first_reviewed_by_person": "1", "created_by_person": "1"},
            {"second_reviewed_by_person": "1", "created_by_person": "1"},
        ],
    )
    def test_the_database_refuses_it_as_well(self, persons):
        case = make.application()
        with pytest.raises(IntegrityError), transaction.atomic():
            EnrolmentApplication.objects.filter(pk=case.id).update(**persons)

    @pytest.mark.parametrize("missing", ["first_reviewed_by_person", "second_reviewed_by_person"])
    def test_nothing_is_approved_without_both(self, missing):
        case = make.application("awaiting_payment")
        with pytest.raises(IntegrityError), transaction.atomic():
            EnrolmentApplication.objects.filter(pk=case.id).update(**{missing: ""})


def test_only_the_program_lets_an_application_expire():
    case = make.application("awaiting_payment")
    with pytest.raises(NotPermitted):
        enrolment.expire(application_id=case.id, by=make.cashier(), at=make.NOON, slip_number="JK1")
    enrolment.expire(application_id=case.id, by=system_actor(), at=make.NOON, slip_number="JK1")
    assert case.refresh().state == "expired"
