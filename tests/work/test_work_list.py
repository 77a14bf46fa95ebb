"""待办: one list of all kinds, from the flows' declarations; who sees what, by when, in whose hands."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.parameters.models import ParameterChange
from huzhu.shared.trace import why_not
from huzhu.work import operations as work
from huzhu.work import queries
from huzhu.work.kinds import get_kinds
from huzhu.work.queries import Wanted
from tests.factories import billing as money
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories import work as desk
from tests.factories.employers import HandOverFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def listed(actor, **wanted) -> list[tuple[str, int]]:
    page = queries.get_work(actor, wanted=Wanted(**wanted), today=desk.TODAY)
    return [(row.kind.key, row.record_id) for row in page.rows]


def counted(actor) -> dict[str, int]:
    """What waits, of the kinds that do; every kind the actor works on is asked."""
    return {each.kind.key: each.total for each in queries.count_work(actor, today=desk.TODAY) if each.total}


def test_all_kinds_stand_in_one_list():
    office = desk.office()
    registration = desk.registration(office.county)
    waiting = money.approved_application(owner=money.employer(branch=office.county), state="first_review")
    actor = desk.staff(office.city, "registrar")
    assert set(listed(actor)) == {("registrations", registration.pk), ("first_reviews", waiting.pk)}
    assert counted(actor) == {"registrations": 1, "first_reviews": 1}


def test_each_sees_what_waits_for_the_own_roles():
    office = desk.office()
    desk.registration(office.county)
    money.imported(money.transfer("95.00"))
    receipt = papers.receipt_request()
    assert listed(desk.staff(office.province, "auditor")) == []
    assert counted(desk.staff(office.province, "system_admin")) == {}
    assert {kind for kind, _ in listed(desk.staff(office.province, "cashier"))} == {"matching", "receipts"}
    assert ("receipts", receipt.pk) in listed(desk.staff(office.province, "cashier"))
    assert listed(desk.staff(office.province, "cashier_reviewer")) == [
        each for each in listed(desk.staff(office.province, "cashier")) if each[0] == "matching"
    ]


def test_a_sister_branchs_work_never_shows():
    office = desk.office()
    desk.registration(office.county)
    money.approved_application(owner=money.employer(branch=office.county), state="first_review")
    assert len(listed(desk.staff(office.city, "registrar"))) == 2
    assert listed(desk.staff(office.sister, "registrar")) == []
    assert counted(desk.staff(office.sister, "registrar")) == {}


def test_own_work_never_waits_for_me():
    office = desk.office()
    desk.registration(office.county, handler_mobile="13900000077")
    me = desk.staff(office.city, "registrar", mobile="13900000077")
    assert listed(me) == []
    assert len(listed(desk.staff(office.city, "registrar"))) == 1


def test_the_second_review_does_not_wait_for_the_first_reviewer_nor_below_the_province():
    case = make.application("second_review")
    assert listed(make.reviewer()) == [("second_reviews", case.id)]
    assert listed(make.reviewer(person=make.registrar().person)) == []
    assert listed(make.reviewer(person="13900000031", branch=make.city())) == []


def test_the_list_holds_exactly_what_the_pages_would_let_one_decide():
    """The set-based list and the check of the single page agree, record by record and person by person."""
    first, second = make.application("first_review"), make.application("second_review")
    registration = desk.registration(make.city(), handler_mobile=make.registrar().person)
    proposed = money.imported(money.transfer("95.00"), by=money.cashier()).statement
    people = [
        make.registrar(),
        make.registrar(person=make.handler(first.employer).person),
        make.reviewer(),
        make.reviewer(person=make.registrar().person),
        make.reviewer(branch=make.city()),
        make.cashier(),
        money.cashier(),
    ]
    assert registration.pk
    assert second.id
    assert proposed.pk
    seen = 0
    for actor in people:
        for kind in get_kinds(actor):
            for record in kind.model._default_manager.filter(state=kind.state):
                may = not why_not(lambda kind=kind, record=record, actor=actor: kind.check(record, actor))
                if not getattr(record, "is_incoming", True):
                    continue
                assert ((kind.key, record.pk) in listed(actor)) is may, (kind.key, actor.person)
                seen += may
    assert seen


class TestDeadlines:
    @pytest.mark.parametrize(
        ("since", "due_on"),
        [
            ((2025, 8, 11, 9), dt.date(2025, 8, 14)),  # Monday: three working days on
            ((2025, 8, 8, 18), dt.date(2025, 8, 13)),  # Friday: the weekend does not count
            ((2025, 8, 9, 18), dt.date(2025, 8, 13)),  # Saturday: the same as Friday
            ((2025, 9, 30, 12), dt.date(2025, 10, 11)),  # the National Day holiday; the 11th is worked
            ((2025, 8, 11, 0, 5), dt.date(2025, 8, 14)),  # still Sunday in UTC
        ],
    )
    def test_count_working_days_as_the_calendar_does(self, since, due_on):
        office = desk.office()
        desk.registration(office.county, at=dt.datetime(*since, tzinfo=desk.SHANGHAI))
        (row,) = queries.get_work(
            desk.staff(office.city, "registrar"), wanted=Wanted(), today=dt.date(2025, 10, 20)
        ).rows
        assert row.due_on == due_on

    def test_the_nearest_comes_first_across_kinds(self):
        office = desk.office()
        waiting = money.approved_application(owner=money.employer(branch=office.county), state="first_review")
        late = desk.registration(office.county, at=desk.MONDAY - 6 * DAY)
        fresh = desk.registration(office.county)
        assert listed(desk.staff(office.city, "registrar")) == [
            ("registrations", late.pk),
            ("registrations", fresh.pk),
            ("first_reviews", waiting.pk),
        ]

    def test_what_is_late_is_counted_and_found(self):
        office = desk.office()
        late = desk.registration(office.county, at=desk.MONDAY - 6 * DAY)
        last_day = desk.registration(office.county, at=desk.MONDAY - 5 * DAY)
        desk.registration(office.county)
        actor = desk.staff(office.city, "registrar")
        assert listed(actor, age="late") == [("registrations", late.pk)]
        assert listed(actor, age="today") == [("registrations", last_day.pk)]
        (registrations, *_) = queries.count_work(actor, today=desk.TODAY)
        assert (registrations.total, registrations.late) == (3, 1)

    def test_what_is_older_than_the_calendar_is_late_too(self):
        office = desk.office()
        old = desk.registration(office.county, at=desk.MONDAY - 3000 * DAY)
        assert listed(desk.staff(office.city, "registrar"), age="late") == [("registrations", old.pk)]


class TestPaging:
    def test_turning_pages_shows_every_row_once(self):
        office = desk.office()
        for n in range(7):
            desk.registration(office.county, at=desk.MONDAY - (n % 3) * DAY)
        actor = desk.staff(office.city, "registrar")
        seen, after = [], ""
        while after is not None:
            page = queries.get_work(actor, wanted=Wanted(after=after), today=desk.TODAY, limit=3)
            seen += [row.record_id for row in page.rows]
            after = page.after
        assert len(seen) == len(set(seen)) == 7
        assert seen == [record_id for _, record_id in listed(actor)]

    def test_turning_back_shows_the_same_pages(self):
        office = desk.office()
        for n in range(7):
            desk.registration(office.county, at=desk.MONDAY - (n % 3) * DAY)
        actor = desk.staff(office.city, "registrar")

        def turn(**key: str | None) -> queries.WorkPage:
            return queries.get_work(actor, wanted=Wanted(**key), today=desk.TODAY, limit=3)

        first = turn()
        second = turn(after=first.after)
        third = turn(after=second.after)
        assert turn(before=third.before) == second
        assert turn(before=second.before) == first
        assert (first.before, third.after) == (None, None)

    @pytest.mark.parametrize("after", ["x", "2025-08-11", "2025-08-11.registrations.x", "2025-99-11.a.1", "\x00"])
    def test_a_key_that_is_none_is_the_first_page(self, after):
        office = desk.office()
        desk.registration(office.county)
        assert len(listed(desk.staff(office.city, "registrar"), after=after)) == 1


class TestClaims:
    def test_are_told_apart_in_the_list(self):
        office = desk.office()
        mine, theirs, free = (desk.registration(office.county) for _ in range(3))
        me, colleague = desk.staff(office.city, "registrar"), desk.staff(office.county, "registrar", name="陈静")
        work.claim(kind="registrations", record_id=mine.pk, by=me, at=desk.MONDAY)
        work.claim(kind="registrations", record_id=theirs.pk, by=colleague, at=desk.MONDAY)
        assert listed(me, claim="mine") == [("registrations", mine.pk)]
        assert listed(me, claim="others") == [("registrations", theirs.pk)]
        assert listed(me, claim="free") == [("registrations", free.pk)]
        (count, *_) = queries.count_work(me, today=desk.TODAY)
        assert (count.total, count.mine, count.others) == (3, 1, 1)


@pytest.mark.parametrize("ask", ["count", "page"])
def test_ten_rows_and_a_thousand_costs_the_same(ask):
    """One statement each: the counts, and the page with claims and deadlines."""
    office = desk.office()
    actor = desk.staff(office.city, "registrar", "reviewer", "cashier")

    def look() -> object:
        if ask == "count":
            return queries.count_work(actor, today=desk.TODAY)
        return queries.get_work(actor, wanted=Wanted(), today=desk.TODAY)

    desk.registrations(office.county, 10)
    few = count_queries(look)
    desk.registrations(office.county, 990)
    assert few == count_queries(look) == 1


@pytest.mark.parametrize(("since", "waits"), [(-1, True), (1, False)])
def test_the_second_review_waits_for_the_city_where_the_parameter_says_so_on_the_day_of_submitting(since, waits):
    case = make.application("second_review")
    ParameterChange.objects.create(
        key="second_review_level",
        branch=make.city(),
        value="city",
        effective_from=make.TODAY + since * DAY,
        reason="试点",
        state="confirmed",
        needs_second_person=False,
        proposed_at=make.NOON,
        proposed_by_name="系统管理员",
        proposed_by_person="13900000001",
    )
    assert (("second_reviews", case.id) in listed(make.reviewer(branch=make.city()))) is waits
    assert ("second_reviews", case.id) in listed(make.reviewer())


def _set_limit(days: int, *, branch=None, since: dt.date) -> None:
    ParameterChange.objects.create(
        key="registration_days",
        branch=branch,
        value=str(days),
        effective_from=since,
        reason="试行",
        state="confirmed",
        needs_second_person=False,
        proposed_at=desk.MONDAY,
    )


def test_the_limit_is_that_of_the_branch_on_the_day_it_came():
    """The nearest branch above decides; what is set for later days changes nothing of what waits already."""
    office = desk.office()
    registration = desk.registration(office.county)
    actor = desk.staff(office.province, "registrar")
    came = desk.MONDAY.date()

    def due() -> dt.date:
        (row,) = queries.get_work(actor, wanted=Wanted(), today=desk.TODAY).rows
        assert row.record_id == registration.pk
        return row.due_on

    assert due() == came + 3 * DAY
    _set_limit(1, since=came)
    assert due() == came + DAY
    _set_limit(2, branch=office.city, since=came)
    _set_limit(4, branch=office.city, since=came + DAY)
    assert due() == came + 2 * DAY


class TestNamesOfPeople:
    def test_of_who_takes_over_are_hidden_in_every_list(self):
        branch = desk.office().city
        hand_over = HandOverFactory(by_form=True, employer__branch=branch, name="陈小玲", asked_at=desk.MONDAY)
        by = desk.staff(branch, "registrar")
        row = queries.get_work(by, wanted=Wanted(), today=desk.TODAY).rows[0]
        assert (row.number, row.title) == ("陈*", hand_over.employer.name)
        assert queries.get_words(row.kind, hand_over) == ("陈*", hand_over.employer.name)

    @pytest.mark.parametrize(
        ("payer", "remark", "shown"),
        [
            ("林芳", "林芳 互助金", ("林* 互助金\n转账", "林*")),
            ("欧阳晓东", "互助金", ("互助金\n转账", "欧阳*")),
            ("阿依古丽·买买提", "互助金", ("互助金\n转账", "阿*")),
            ("某某公司制造厂", "互助金", ("互助金\n转账", "某某公司制造厂")),
            ("", "互助金", ("互助金\n转账", "")),
        ],
    )
    def test_of_private_payers_are_hidden_and_those_of_organisations_shown(self, payer, remark, shown):
        office = desk.office()
        money.imported(money.transfer("95.00", remark, name=payer))
        row = queries.get_work(desk.staff(office.province, "cashier"), wanted=Wanted(), today=desk.TODAY).rows[0]
        assert (row.number, row.title) == shown
