"""What holds on a day: by branch, from a day on, with reason, and by two people where money hangs on it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import Error, connection, transaction

from huzhu.billing.states import ExceptionKind
from huzhu.enrolment import permissions as enrolment
from huzhu.parameters import operations, permissions, queries
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import (
    DEFINITIONS,
    PAYMENT_DAYS,
    REFERENCE_DAYS_AHEAD,
    SECOND_REVIEW_LEVEL,
    ValueRefused,
)
from huzhu.shared.calendar import local_date
from huzhu.shared.workflow import TransitionNotAllowed
from tests.billing.test_matching_rule import NUMBER, OTHER, judge, slip
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor

pytestmark = pytest.mark.django_db
TODAY = local_date(NOON)
TOMORROW = TODAY + dt.timedelta(days=1)


@pytest.fixture
def province():
    return money.root()


@pytest.fixture
def admin(province):
    return office_actor(StaffPostFactory(branch=province, system_admin=True))


@pytest.fixture
def second(province):
    return office_actor(StaffPostFactory(branch=province, cashier_reviewer=True))


def change(by, key=REFERENCE_DAYS_AHEAD, value="90", *, day=TODAY, reason="理事会决议", at=NOON, branch=None):
    return operations.change_parameter(
        key=key, value=value, effective_from=day, reason=reason, by=by, at=at, branch_id=branch and branch.pk
    )


class TestReading:
    def test_the_default_holds_until_a_row_says_otherwise_from_its_day_on(self, admin):
        change(admin, day=TOMORROW)
        assert queries.get(REFERENCE_DAYS_AHEAD, day=TODAY) == 180
        assert queries.get(REFERENCE_DAYS_AHEAD, day=TOMORROW) == 90

    def test_the_later_row_of_a_day_holds(self, admin):
        change(admin, value="90")
        change(admin, value="120")
        assert queries.get(REFERENCE_DAYS_AHEAD, day=TODAY) == 120
        assert ParameterChange.objects.count() == 2

    def test_the_nearest_branch_above_decides(self, admin, province):
        city = BranchFactory(parent=province, level="city")
        county, sister = BranchFactory(parent=city, level="county"), BranchFactory(parent=province, level="city")
        change(admin, SECOND_REVIEW_LEVEL, "city", branch=city)
        level = lambda branch: queries.get(SECOND_REVIEW_LEVEL, day=TODAY, branch=branch)  # noqa: E731
        assert (level(county), level(city), level(sister), level(province)) == ("city", "city", "province", "province")
        change(admin, SECOND_REVIEW_LEVEL, "province", branch=county)
        assert (level(county), level(city)) == ("province", "city")

    def test_takes_one_query(self, admin, province, django_assert_num_queries):
        change(admin, SECOND_REVIEW_LEVEL, "city", branch=province)
        with django_assert_num_queries(1):
            queries.get(SECOND_REVIEW_LEVEL, day=TODAY, branch=province)

    @pytest.mark.parametrize("key", DEFINITIONS)
    def test_every_default_is_a_value_of_its_own(self, key):
        definition = DEFINITIONS[key]
        assert definition.read(definition.write(definition.default)) == definition.default
        with pytest.raises(ValueRefused):
            definition.read("第三种")


class TestChanging:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"value": "367"}, "之间的整数"),
            ({"value": "九十"}, "之间的整数"),
            ({"value": "180"}, "没有变化"),
            ({"reason": " "}, "原因"),
            ({"day": TODAY - dt.timedelta(days=1)}, "不能早于今天"),
        ],
    )
    def test_refuses_with_words(self, admin, changes, words):
        with pytest.raises(operations.ChangeRefused, match=words):
            change(admin, **changes)
        assert not ParameterChange.objects.exists()

    def test_only_by_system_administrators_of_the_place(self, admin, province, second):
        city = BranchFactory(parent=province, level="city")
        city_admin = office_actor(StaffPostFactory(branch=city, system_admin=True))
        with pytest.raises(permissions.NotPermitted):
            change(second)
        with pytest.raises(permissions.NotPermitted):
            change(city_admin)
        with pytest.raises(permissions.NotPermitted):
            change(city_admin, SECOND_REVIEW_LEVEL, "city", branch=province)
        assert change(city_admin, SECOND_REVIEW_LEVEL, "city", branch=city)
        with pytest.raises(operations.ChangeRefused, match="全省统一"):
            change(admin, value="90", branch=city)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE parameters_parameterchange SET value = '1'",
            "DELETE FROM parameters_parameterchange",
            "TRUNCATE parameters_parameterchange",
        ],
    )
    def test_rows_stay_as_they_were_written(self, admin, statement):
        change(admin)
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


class TestTwoPersons:
    def test_what_money_hangs_on_waits_for_another_person(self, admin, second):
        proposed = change(admin, PAYMENT_DAYS, "20")
        assert queries.get(PAYMENT_DAYS, day=TODAY) == 15
        with pytest.raises(permissions.NotPermitted, match="本人提出"):
            operations.confirm_change(change_id=proposed.pk, by=admin, at=NOON)
        with pytest.raises(operations.ChangeRefused, match="待复核"):
            change(admin, PAYMENT_DAYS, "25")
        operations.confirm_change(change_id=proposed.pk, by=second, at=NOON)
        assert queries.get(PAYMENT_DAYS, day=TODAY) == 20
        with pytest.raises(TransitionNotAllowed):
            operations.confirm_change(change_id=proposed.pk, by=second, at=NOON)

    def test_the_database_compares_the_persons_too(self, admin):
        proposed = change(admin, PAYMENT_DAYS, "20")
        proposed.state, proposed.decided_by_person = "confirmed", admin.person
        with pytest.raises(Error), transaction.atomic():
            proposed.save()

    def test_a_refused_change_never_holds_and_another_may_follow(self, admin, second):
        proposed = change(admin, PAYMENT_DAYS, "20")
        with pytest.raises(operations.ChangeRefused, match="原因"):
            operations.refuse_change(change_id=proposed.pk, reason="", by=second, at=NOON)
        operations.refuse_change(change_id=proposed.pk, reason="未经理事会", by=second, at=NOON)
        assert queries.get(PAYMENT_DAYS, day=TODAY) == 15
        assert change(admin, PAYMENT_DAYS, "21")

    def test_a_day_that_has_passed_is_not_confirmed_afterwards(self, admin, second):
        proposed = change(admin, PAYMENT_DAYS, "20")
        with pytest.raises(operations.ChangeRefused, match="追溯"):
            operations.confirm_change(change_id=proposed.pk, by=second, at=NOON + dt.timedelta(days=1))


class TestReaders:
    def test_a_slip_is_due_by_the_days_in_force_when_it_is_issued(self, admin, second):
        before = money.open_slip(at=NOON)
        proposed = change(admin, PAYMENT_DAYS, "20", day=TOMORROW)
        operations.confirm_change(change_id=proposed.pk, by=second, at=NOON)
        after = money.open_slip(at=NOON + dt.timedelta(days=1))
        assert (before.due_on - TODAY).days == 15
        assert (after.due_on - TOMORROW).days == 20

    def test_the_switch_makes_a_strange_payer_an_exception(self):
        assert judge(NUMBER, slip(), payer="某某公司").step is not None
        assert judge(NUMBER, slip(), name_must_match=True).step is not None
        for slips in ([slip()], [slip(), slip(OTHER, pk=2)]):
            remark = " ".join(each.number for each in slips)
            amount = str(950 * len(slips))
            verdict = judge(remark, *slips, amount=amount, payer="某某公司", name_must_match=True)
            assert (verdict.step, verdict.kind) == (None, ExceptionKind.PAYER_MISMATCH)

    def test_the_city_reviews_where_it_is_set_so_on_the_day_of_submitting(self, admin):
        case = make.application("second_review")
        reviewer = make.reviewer(branch=make.city(), person="13900000077")
        with pytest.raises(enrolment.NotPermitted, match="省级"):
            enrolment.check_may_review(application=case.application, by=reviewer)
        at = make.NOON - dt.timedelta(days=1)
        change(
            office_actor(StaffPostFactory(branch=make.province(), system_admin=True)),
            SECOND_REVIEW_LEVEL,
            "city",
            day=local_date(at),
            at=at,
            branch=make.city(),
        )
        enrolment.check_may_review(application=case.application, by=reviewer)
