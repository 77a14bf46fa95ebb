"""Whom one month's list lacks and the list of the other kind has: no difference (docs/adr/0015)."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.roster import differences, queries
from huzhu.roster import operations as roster
from huzhu.roster.differences import ELSEWHERE, ONLY_ROSTER
from huzhu.roster.models import DifferenceReason
from huzhu.roster.queries import RosterFilter
from tests.factories.roster import NOON, EmployerFactory, RosterEntryFactory, employer_actor, resident_number
from tests.roster.test_insurance_roster import NOVEMBER, take_in
from tests.roster.test_reasons import codes, give

pytestmark = pytest.mark.django_db
OCTOBER, DECEMBER = dt.date(2026, 10, 1), dt.date(2026, 12, 1)


@pytest.fixture
def employer():
    employer = EmployerFactory()
    for number, name in enumerate(("张一", "李二", "王三"), 1):
        RosterEntryFactory(employer=employer, name=name, document__number=resident_number(number))
    return employer


def listing(*people: tuple[str, int]) -> list[list[object]]:
    return [[row, name, resident_number(number)] for row, (name, number) in enumerate(people, 1)]


def sides(listed) -> tuple[set[str], set[str]]:
    return set(codes(listed, ONLY_ROSTER)), set(codes(listed, ELSEWHERE))


class TestElsewhere:
    def test_who_stands_on_the_other_list_is_not_only_on_the_roster(self, employer):
        social = take_in(employer, listing(("张一", 1)))
        medical = take_in(employer, listing(("李二", 2)), kind="medical")

        assert sides(social) == ({"王三"}, {"李二"})
        assert sides(medical) == ({"王三"}, {"张一"})
        counts = differences.get_counts(insurance_roster_id=social.pk)
        assert (counts.in_both, counts.elsewhere, counts.unexplained) == (1, 1, 1)
        assert differences.get_other_list(insurance_roster_id=social.pk) == medical

    @pytest.mark.parametrize(
        ("month", "is_elsewhere"), [(OCTOBER, True), (NOVEMBER, True), (dt.date(2026, 9, 1), False)]
    )
    def test_of_the_month_or_the_month_beside(self, employer, month, is_elsewhere):
        take_in(employer, listing(("李二", 2)), kind="medical", month=month)

        social = take_in(employer, listing(("张一", 1)))

        assert ("李二" in sides(social)[1]) is is_elsewhere

    def test_the_same_month_goes_before_the_months_beside_and_a_later_upload_before_an_earlier(self, employer):
        take_in(employer, listing(("李二", 2)), kind="medical")
        newest = take_in(employer, listing(("王三", 3)), kind="medical")
        take_in(employer, listing(("李二", 2)), kind="medical", month=OCTOBER)
        social = take_in(employer, listing(("张一", 1)))

        assert differences.get_other_list(insurance_roster_id=social.pk) == newest
        assert sides(social) == ({"李二"}, {"王三"})

    def test_another_employers_list_is_no_other_list(self, employer):
        take_in(EmployerFactory(), listing(("李二", 2)), kind="medical")

        social = take_in(employer, listing(("张一", 1)))

        assert differences.get_other_list(insurance_roster_id=social.pk) is None
        assert sides(social) == ({"李二", "王三"}, set())

    def test_nobody_elsewhere_is_given_a_reason_or_carries_one_on(self, employer):
        before = take_in(employer, listing(("张一", 1)), month=OCTOBER)
        give(before, roster.Differing(side=ONLY_ROSTER, is_everybody=True), "joined")
        take_in(employer, listing(("李二", 2)), kind="medical")

        social = take_in(employer, listing(("张一", 1)))

        assert codes(social, ONLY_ROSTER) == {"王三": "joined"}
        assert codes(social, ELSEWHERE) == {"李二": ""}
        with pytest.raises(roster.PersonRefused):
            give(social, roster.Differing(side=ELSEWHERE, is_everybody=True), "joined")
        assert DifferenceReason.objects.filter(roster=social).count() == 1


def test_the_rosters_filter_goes_by_both_lists(employer):
    take_in(employer, listing(("张一", 1)))
    take_in(employer, listing(("李二", 2)), kind="medical", month=OCTOBER)

    missing = queries.get_people(
        employer_id=employer.pk, filters=RosterFilter(problem="not_on_list"), today=NOON.date()
    )

    assert [entry.name for entry in missing] == ["王三"]
    facets = queries.get_facets(by=employer_actor(employer), today=NOON.date())
    assert facets.problem["not_on_list"] == 1


def test_rows_that_name_somebody_again_are_counted_apart(employer):
    listed = take_in(employer, [*listing(("张一", 1), ("张一", 1), ("李二", 2)), [4, "王三", "440106900304001"]])

    assert (listed.rows, listed.failed, listed.repeated, listed.people) == (4, 2, 1, 3)
