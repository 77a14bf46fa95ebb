"""全方位智能校验: each rule with its table of cases."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.cover import rules as cover_rules
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import precheck, queries
from huzhu.enrolment.models import ApplicationMember, Finding
from huzhu.enrolment.precheck import gathering
from huzhu.enrolment.precheck.facts import NAME_PROBLEM
from huzhu.enrolment.states import Severity
from huzhu.roster.models import RosterEntry, WorkerDocument
from huzhu.roster.rules import RetirementCategory, age_on, statutory_retirement_on
from huzhu.shared.calendar import ONE_DAY, add_months
from huzhu.shared.identity import names
from tests.factories import enrolment as make
from tests.factories import plans

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
START = make.TOMORROW  # of everybody without a reference date


def found(case: make.Case, code: str) -> list[Finding]:
    return list(case.application.findings.filter(code=code).order_by("member_id"))


def recheck(case: make.Case) -> make.Case:
    enrolment.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    case.refresh()
    return case


def codes_of(code: str = "HOSP25", *, references: dt.date | None = None, **person) -> set[str]:
    """The findings about one person of an otherwise faultless application, the class left out."""
    employer = make.an_employer()
    entries = make.people(employer, **person)
    return set(make.application(employer=employer, entries=entries, choices=[(code, 1)], references=references).codes())


def test_a_faultless_application_has_nothing_but_classes():
    case = make.application(people_count=3)
    assert case.codes() == {}
    assert set(case.application.findings.values_list("code", "severity")) == {("first_enrolment", "info")}
    assert queries.get_missing(application=case.application) == []


def test_the_view_tells_the_classes_as_their_rules_do():
    employer = make.an_employer()
    first, renewing, lapsed = make.people(employer, 3)
    make.cover_of(renewing, plans.version("HOSP25"), start=dt.date(2024, 8, 12), end=START)
    make.cover_of(lapsed, plans.version("HOSP25"), start=dt.date(2023, 8, 12), end=START - 90 * DAY)
    case = make.application(employer=employer, entries=[first, renewing, lapsed])
    params = gathering.get_params(application_id=case.id, day=make.TODAY, is_final=False)
    told = []
    with gathering.gathered(params) as cursor:
        for rule in precheck.RULES:
            if not rule.is_recorded:
                cursor.execute(rule.sql(), params)
                told += [(row[2], row[3], row[4], row[5], json.loads(row[7])) for row in cursor.fetchall()]

    fields = ("member_id", "code", "severity", "rule_version", "inputs")
    shown = case.application.findings.filter(severity="info").values_list(*fields)

    assert {code for _, code, *_ in told} == {"first_enrolment", "renewal", "lapsed"}
    assert sorted(shown, key=str) == sorted(told, key=str)


# ---------------------------------------------------------------- documents, names, doubles


@pytest.mark.parametrize(("is_valid", "expected"), [(True, set()), (False, {"id_invalid"})])
def test_id_invalid(is_valid, expected):
    assert codes_of(is_valid=is_valid) == expected


NAMES = {
    "王小明": None,
    "阿依古丽·买买提": None,
    "欧阳〇": None,
    "O'Brien Mary-Ann": None,
    "𠮷田": None,
    "王部": None,
    "": "name_missing",
    "王2": "name_digits",
    "王２": "name_digits",
    "王①": "name_digits",
    "王明（大）": "name_brackets",
    "王明(小)": "name_brackets",
    "王明[2]": "name_digits",
    "王明-财务部": "name_department",
    "王明/财务": "name_department",
    "王小明财务部": "name_department",
    "王小明办公室": "name_department",
    "王\ue000": "name_private_use",
    "王\U000f0001": "name_private_use",
    "王\x07明": "name_control",
    "王明!": "name_characters",
    "王明。": "name_characters",
}


@pytest.mark.parametrize(("name", "problem"), NAMES.items(), ids=[ascii(name) for name in NAMES])
def test_name_invalid(name, problem):
    employer = make.an_employer()
    case = make.application(employer=employer, entries=make.people(employer, name=name))
    assert [finding.inputs for finding in found(case, "name_invalid")] == ([{"problem": problem}] if problem else [])
    assert problem_by_the_rule(name) == problem


def problem_by_the_rule(name: str) -> str | None:
    """What the roster's own check of names says."""
    try:
        names.check_name(name)
    except names.NameRefused as refusal:
        return refusal.code
    return None


def test_every_problem_of_a_name_has_words():
    for code in names.PROBLEMS:
        assert f"'{code}'" in NAME_PROBLEM


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ({}, 2),
        ({"mobile": "13700000002"}, 0),
        ({"name": "王小红"}, 0),
        ({"born_on": dt.date(1990, 3, 5)}, 0),
        ({"gender": "female"}, 0),
    ],
)
def test_duplicate_in_list_is_one_person_under_two_documents(other, count):
    same = {"name": "王小明", "mobile": "13700000001", "born_on": dt.date(1990, 3, 4), "job_category": "management"}
    employer = make.an_employer()
    entries = make.people(employer, **same) + make.people(employer, **same | other)
    case = make.application(employer=employer, entries=entries)
    assert len(found(case, "duplicate_in_list")) == count


def test_two_people_without_mobile_are_not_taken_for_one():
    employer = make.an_employer()
    entries = make.people(employer, 2, name="王小明", mobile="")
    assert make.application(employer=employer, entries=entries).codes() == {}


def test_somebody_who_has_left_since_is_named():
    case = make.application()
    entry = case.entries[0]
    RosterEntry.objects.filter(pk=entry.pk).update(status="retired", left_on=make.TODAY)
    recheck(case)
    (finding,) = found(case, "not_in_service")
    assert (finding.member.entry_id, finding.inputs) == (entry.pk, {"status": "retired"})


# ---------------------------------------------------------------- age


def male(retires_on: dt.date) -> dt.date:
    """A birthday of a man who reaches the statutory age on or next before a day."""
    day = add_months(retires_on, -63 * 12)
    while statutory_retirement_on(born_on=day, category=RetirementCategory.MALE) != retires_on:
        day += ONE_DAY
    return day


AGES = {
    "sixteen on the start": ({"born_on": dt.date(2009, 8, 12)}, set()),
    "sixteen a day later": ({"born_on": dt.date(2009, 8, 13)}, {"not_yet_working_age"}),
    "a man the day before his date": ({"born_on": male(START + DAY)}, set()),
    "a man on his date": ({"born_on": male(START)}, {"over_age"}),
    "a man a day short of 36 months later": ({"born_on": male(add_months(START, -36) + DAY)}, {"over_age"}),
    "a man 36 months later": ({"born_on": male(add_months(START, -36))}, {"over_max_age"}),
    "a woman of 工人岗 past 50": (
        {"born_on": dt.date(1974, 1, 1), "gender": "female", "job_category": "worker"}, {"over_age"}),
    "the same of 管理岗 is far from it": (
        {"born_on": dt.date(1974, 1, 1), "gender": "female", "job_category": "management"}, set()),
    "the same of 专业技术岗": (
        {"born_on": dt.date(1974, 1, 1), "gender": "female", "job_category": "technical"}, set()),
    "the same without category": (
        {"born_on": dt.date(1974, 1, 1), "gender": "female", "job_category": ""}, {"category_unknown"}),
    "a woman past both dates without category": (
        {"born_on": dt.date(1969, 1, 1), "gender": "female", "job_category": ""}, {"over_age"}),
    "a young woman without category": (
        {"born_on": dt.date(1990, 1, 1), "gender": "female", "job_category": ""}, set()),
    "a man without category": ({"born_on": dt.date(1970, 1, 1), "job_category": ""}, set()),
    "a woman of 工人岗 more than 36 months past": (
        {"born_on": dt.date(1970, 1, 1), "gender": "female", "job_category": "worker"}, {"over_max_age"}),
}  # fmt: skip


@pytest.mark.parametrize(("person", "expected"), AGES.values(), ids=AGES)
def test_age(person, expected):
    codes = codes_of(**person)
    # alone and over age, the employer has nobody else who counts: the floor is then met by nobody of nobody
    assert codes == expected


def test_age_is_judged_on_the_planned_start_not_today():
    born_on = male(START + 30 * DAY)
    assert codes_of(born_on=born_on) == set()
    assert codes_of(born_on=born_on, references=START + 30 * DAY) == {"over_age"}


def test_the_plans_last_age_ends_joining_before_the_36_months_do():
    plans.version("HOSP25", max_age=60)
    assert codes_of(born_on=START.replace(year=START.year - 61) + DAY) == {"over_age"}
    assert codes_of(born_on=START.replace(year=START.year - 61)) == {"over_max_age"}


LEAPLINGS = {
    # the day before cover starts, and what is found: the sixty-second is the first birthday too many
    "the day before the 28th of February": (dt.date(2026, 2, 26), {"over_age"}),
    "on the 28th, the birthday of a common year": (dt.date(2026, 2, 27), {"over_max_age"}),
    "on the 1st of March": (dt.date(2026, 2, 28), {"over_max_age"}),
}


@pytest.mark.parametrize(("eve", "expected"), LEAPLINGS.values(), ids=LEAPLINGS)
def test_the_plans_last_age_of_somebody_born_on_a_leap_day(eve, expected):
    plans.version("HOSP25", max_age=61)
    employer = make.an_employer()
    entries = make.people(employer, born_on=dt.date(1964, 2, 29))
    at = dt.datetime.combine(eve, make.NOON.timetz())
    make.insurance_list(employer, entries, month=eve.replace(day=1), at=at)
    case = make.application(employer=employer, entries=entries, has_list=False, at=at)
    assert set(case.codes()) - {"participation_floor"} == expected
    assert (age_on(eve + DAY, entries[0].born_on) > 61) is ("over_max_age" in expected)


BETWEEN = {
    # born, and what a woman without category meets: her two dates are 50 and 55 years and some months
    "the day before the earlier date": (DAY, set()),
    "on the earlier date": (dt.timedelta(0), {"category_unknown"}),
    "the day after": (-DAY, {"category_unknown"}),
}


@pytest.mark.parametrize(("shift", "expected"), BETWEEN.values(), ids=BETWEEN)
def test_the_earlier_of_a_womans_two_dates(shift, expected):
    assert codes_of(gender="female", job_category="", born_on=woman(START + shift, "female_50")) == expected


LATER = {
    "the day before the later date": (DAY, {"category_unknown"}),
    "on the later date": (dt.timedelta(0), {"over_age"}),
}


@pytest.mark.parametrize(("shift", "expected"), LATER.values(), ids=LATER)
def test_the_later_of_a_womans_two_dates(shift, expected):
    assert codes_of(gender="female", job_category="", born_on=woman(START + shift, "female_55")) == expected


@pytest.mark.parametrize(("shift", "expected"), [(DAY, {"over_age"}), (dt.timedelta(0), {"over_max_age"})])
@pytest.mark.parametrize(("job", "category"), [("worker", "female_50"), ("management", "female_55")])
def test_a_certificate_helps_a_woman_for_36_months_and_no_longer(job, category, shift, expected):
    born_on = woman(add_months(START, -36) + shift, category)
    assert codes_of(gender="female", job_category=job, born_on=born_on) == expected


def woman(retires_on: dt.date, category: str) -> dt.date:
    """A birthday of a woman whose statutory date by a category is this day."""
    years = 51 if category == "female_50" else 56
    day = add_months(retires_on, -years * 12)
    while statutory_retirement_on(born_on=day, category=RetirementCategory(category)) != retires_on:
        day += ONE_DAY
    return day


def test_a_category_still_unknown_at_submitting_counts_as_over_age():
    employer = make.an_employer()
    entries = make.people(employer, born_on=dt.date(1974, 1, 1), gender="female", job_category="")
    case = make.application(employer=employer, entries=entries)
    assert case.codes() == {"category_unknown": 1}

    with pytest.raises(enrolment.SubmitRefused) as refusal:
        enrolment.submit(application_id=case.id, by=make.handler(employer), at=make.NOON)

    assert [(each.kind, each.code) for each in refusal.value.missing] == [("proof_missing", "in_service_certificate")]
    assert case.codes() == {"category_unknown": 1, "over_age": 1}  # kept, so that the page shows what is missing


def test_telling_the_category_settles_it():
    employer = make.an_employer()
    (entry,) = make.people(employer, born_on=dt.date(1974, 1, 1), gender="female", job_category="")
    case = make.application(employer=employer, entries=[entry])
    RosterEntry.objects.filter(pk=entry.pk).update(job_category="management")
    assert recheck(case).codes() == {}
    assert case.application.members.get().job_category == "management"


# ---------------------------------------------------------------- plan and lists


@pytest.mark.parametrize(("gender", "expected"), [("female", set()), ("male", {"gender_not_eligible"})])
def test_gender_not_eligible(gender, expected):
    employer = make.an_employer()
    entries = make.people(employer, gender=gender)
    case = make.application(employer=employer, entries=[], choices=[("WCI25", 1)], has_list=False)
    enrolment.add_from_roster(
        application_id=case.id,
        entry_ids=[entry.pk for entry in entries],
        include_not_eligible=True,
        by=make.handler(employer),
        at=make.NOON,
    )
    make.insurance_list(employer, entries)
    codes = set(recheck(case).codes()) - {"participation_floor"}
    assert codes == expected


def test_not_on_insurance_list():
    employer = make.an_employer()
    listed, dispatched = make.people(employer, 2)
    make.insurance_list(employer, [listed])
    case = make.application(employer=employer, entries=[listed, dispatched], has_list=False)
    (finding,) = found(case, "not_on_insurance_list")
    assert (finding.member.entry_id, finding.severity, finding.proof_kind) == (dispatched.pk, "proof", "dispatch_proof")
    assert set(case.codes()) == {"not_on_insurance_list"}


def test_a_person_listed_under_an_earlier_document_is_listed():
    employer = make.an_employer()
    (entry,) = make.people(employer)
    roster = make.insurance_list(employer, [entry])
    line = roster.lines.get()
    old = WorkerDocument.objects.get(pk=entry.document_id)
    old.pk, old.fingerprint, old.seal_id = (
        None,
        "00000000-0000-0000-0000-000000000007",
        "00000000-0000-0000-0000-000000000008",
    )
    old.save()
    line.fingerprint = old.fingerprint
    line.save()
    assert make.application(employer=employer, entries=[entry], has_list=False).codes() == {}


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (dt.date(2025, 8, 1), {}),
        (dt.date(2025, 7, 1), {}),
        (dt.date(2025, 6, 1), {"insurance_list_missing": 1}),
        (dt.date(2025, 9, 1), {"insurance_list_missing": 1}),
        (None, {"insurance_list_missing": 1}),
    ],
)
def test_insurance_list_missing_unless_of_this_month_or_the_last(month, expected):
    employer = make.an_employer()
    entries = make.people(employer)
    if month:
        make.insurance_list(employer, entries, month=month)
    case = make.application(employer=employer, entries=entries, has_list=False)
    assert case.codes() == expected  # and with no list nobody is said to be missing from it


def test_the_newest_list_is_taken_of_itself():
    employer = make.an_employer()
    entries = make.people(employer)
    make.insurance_list(employer, entries, month=dt.date(2025, 7, 1))
    case = make.application(employer=employer, entries=entries, has_list=False)
    assert case.application.insurance_roster.month == dt.date(2025, 7, 1)


# ---------------------------------------------------------------- cover elsewhere


def elsewhere(entry, code, **period):
    """Cover of a person through another employer."""
    return make.cover_of(make.also_at(entry, make.an_employer()), plans.version(code), **period)


class TestAlreadyCovered:
    @pytest.mark.parametrize(
        ("shares", "requested", "expected"),
        [(2, 3, {}), (3, 3, {"already_covered": 1}), (5, 1, {"already_covered": 1})],
    )
    def test_shares_through_another_employer_and_those_asked_for(self, shares, requested, expected):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        held = elsewhere(entry, "CI25-A", start=dt.date(2024, 1, 1), shares=shares)
        plans.version("CI25-A", min_headcount=1)
        case = make.application(employer=employer, entries=[entry], choices=[("CI25-A", requested)])
        assert case.codes() == expected
        for finding in found(case, "already_covered"):
            assert finding.inputs["shares"] == shares
            assert finding.inputs["until"] == str(held.coverage_end)
            assert held.employer.name not in str(finding.inputs)

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (dt.date(2024, 8, 12), START, {}),  # over on the day cover starts
            (dt.date(2024, 8, 13), START + DAY, {"already_covered": 1}),
            (dt.date(2026, 8, 11), dt.date(2027, 8, 11), {"already_covered": 1}),  # begins on the last day
            (dt.date(2026, 8, 12), dt.date(2027, 8, 12), {}),
        ],
    )
    def test_any_day_in_common_counts(self, start, end, expected):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        elsewhere(entry, "HOSP25", start=start, end=end)
        codes = make.application(employer=employer, entries=[entry]).codes()
        codes.pop("gap_risk", None)  # the chain is about to break
        assert codes == expected

    def test_it_is_the_most_on_one_day_not_the_sum_over_days(self):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        plans.version("CI25-A", min_headcount=1)
        elsewhere(entry, "CI25-A", start=dt.date(2025, 9, 1), end=dt.date(2025, 10, 1), shares=3)
        elsewhere(entry, "CI25-A", start=dt.date(2025, 10, 1), end=dt.date(2025, 11, 1), shares=3)
        case = make.application(employer=employer, entries=[entry], choices=[("CI25-A", 2)])
        assert case.codes() == {}

    def test_a_reference_date_after_the_other_cover_settles_it(self):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        elsewhere(entry, "HOSP25", start=dt.date(2024, 10, 1), end=dt.date(2025, 10, 1))
        case = make.application(employer=employer, entries=[entry], references=dt.date(2025, 10, 1))
        assert set(case.codes()) <= {"gap_risk"}
        assert case.application.members.get().planned_class == "renewal"

    @pytest.mark.parametrize(("days", "expected"), [(180, set()), (181, {"already_covered"})])
    def test_own_cover_that_ends_far_ahead(self, days, expected):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2024, 8, 12), end=make.TODAY + days * DAY)
        case = make.application(employer=employer, entries=[entry])
        assert set(case.codes()) - {"gap_risk"} == expected
        for finding in found(case, "already_covered"):
            assert finding.inputs["is_own"] is True


class TestExclusivePlan:
    @pytest.mark.parametrize(("end", "expected"), [(START + DAY, {"exclusive_plan": 1}), (START, {})])
    def test_a_rival_plan_through_another_employer(self, end, expected):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        plans.version("CI25-A", min_headcount=1)
        elsewhere(entry, "CI25-B", start=dt.date(2024, 1, 1), end=end)
        codes = make.application(employer=employer, entries=[entry], choices=[("CI25-A", 1)]).codes()
        codes.pop("gap_risk", None)  # the chain is about to break
        assert codes == expected

    def test_the_own_rival_plan_is_followed_not_overlapped(self):
        employer = make.an_employer()
        (entry,) = make.people(employer)
        plans.version("CI25-A", min_headcount=1)
        make.cover_of(entry, plans.version("CI25-B"), start=dt.date(2023, 1, 1), end=dt.date(2026, 1, 1))
        case = make.application(employer=employer, entries=[entry], choices=[("CI25-A", 1)])
        assert case.codes() == {}
        member = case.application.members.get()
        assert (member.planned_start, member.planned_class) == (dt.date(2026, 1, 1), "renewal")


def test_name_differs_is_for_reviewers_only():
    employer = make.an_employer()
    (entry,) = make.people(employer, name="王小明")
    elsewhere(entry, "ACC25", start=dt.date(2024, 1, 1), end=dt.date(2025, 1, 1), name="王晓明")
    case = make.application(employer=employer, entries=[entry])
    (finding,) = found(case, "name_differs")
    assert (finding.is_for_reviewers, finding.severity) == (True, "warn")

    def codes(**kwargs):
        return {group.code for group in queries.get_findings_grouped(application_id=case.id, **kwargs)}

    assert codes() == {"first_enrolment"}
    assert codes(for_reviewers=True) == {"first_enrolment", "name_differs"}
    (row,) = queries.get_member_rows(application_id=case.id).rows
    assert "name_differs" not in {each.code for each in row.findings}
    assert queries.get_summary(application=case.application).by_severity["normal"] == 1
    assert queries.get_summary(application=case.application, for_reviewers=True).by_severity["normal"] == 0


# ---------------------------------------------------------------- participation


FLOORS = {
    # staff, women, plan, enrolled men, enrolled women → finding's inputs, or nothing
    "all of a small employer": (3, 0, "HOSP25", 3, 0, None),
    "one of a small employer is missing": (
        4,
        0,
        "HOSP25",
        3,
        0,
        {"base": 4, "joined": 3, "needed": 4, "must_all_join": True},
    ),
    "80 % of fifty": (50, 0, "HOSP25", 40, 0, None),
    "one short of 80 %": (50, 0, "HOSP25", 39, 0, {"base": 50, "joined": 39, "needed": 40, "must_all_join": False}),
    "60 % but not ten people": (12, 0, "CI25-A", 9, 0, {"base": 12, "joined": 9, "needed": 10}),
    "ten people": (12, 0, "CI25-A", 10, 0, None),
    "of the women for the women's plan": (
        500,
        10,
        "WCI25",
        0,
        9,
        {"base": 10, "joined": 9, "needed": 10, "is_women": True},
    ),
    "all ten women": (500, 10, "WCI25", 0, 10, None),
}


@pytest.mark.parametrize(("staff", "women", "code", "men", "ladies", "inputs"), FLOORS.values(), ids=FLOORS)
def test_participation_floor_of_the_declared_staff(staff, women, code, men, ladies, inputs):
    employer = make.an_employer(headcount=staff, women_headcount=women)
    entries = make.people(employer, men) + make.people(employer, ladies, gender="female", job_category="management")
    case = make.application(employer=employer, entries=entries, choices=[(code, 1)], has_list=False)
    answers = [finding.inputs for finding in found(case, "participation_floor")]
    if inputs is None:
        assert answers == []
    else:
        (answer,) = answers
        assert {name: answer[name] for name in inputs} == inputs
        assert answer["is_from_list"] is False


class TestParticipation:
    def test_the_months_list_outweighs_the_declared_figure(self):
        employer = make.an_employer(headcount=1000)
        entries = make.people(employer, 5)
        make.insurance_list(employer, entries)
        case = make.application(employer=employer, entries=entries[:4], has_list=False)
        (finding,) = found(case, "participation_floor")
        assert (finding.inputs["base"], finding.inputs["joined"], finding.inputs["is_from_list"]) == (5, 4, True)

    def test_people_covered_already_count_as_joined(self):
        employer = make.an_employer(headcount=3)
        entries = make.people(employer, 3)
        make.cover_of(entries[0], plans.version("HOSP25"), start=dt.date(2025, 8, 1))
        case = make.application(employer=employer, entries=entries[1:], has_list=False)
        assert found(case, "participation_floor") == []

    def test_people_whose_cover_ends_before_the_planned_start_do_not(self):
        employer = make.an_employer(headcount=3)
        entries = make.people(employer, 3)
        make.cover_of(entries[0], plans.version("HOSP25"), start=dt.date(2024, 8, 12), end=START)
        case = make.application(employer=employer, entries=entries[1:], has_list=False)
        assert found(case, "participation_floor")[0].inputs["joined"] == 2

    def test_somebody_renewing_counts_once(self):
        employer = make.an_employer(headcount=3)
        entries = make.people(employer, 2)
        make.cover_of(entries[0], plans.version("HOSP25"), start=dt.date(2024, 9, 1))
        case = make.application(employer=employer, entries=entries, has_list=False)
        assert found(case, "participation_floor")[0].inputs["joined"] == 2

    def test_over_age_people_are_in_neither_figure(self):
        employer = make.an_employer(headcount=4)
        entries = make.people(employer, 3) + make.people(employer, born_on=male(START))
        case = make.application(employer=employer, entries=entries, has_list=False)
        assert found(case, "over_age")
        assert found(case, "participation_floor") == []
        enrolment.remove_members(
            application_id=case.id,
            member_ids=[case.application.members.get(entry=entries[0]).pk],
            by=make.handler(employer),
            at=make.NOON,
        )
        (finding,) = found(recheck(case), "participation_floor")
        assert (finding.inputs["base"], finding.inputs["joined"]) == (3, 2)


# ---------------------------------------------------------------- class and gap


CLASSES = {
    "nothing before": (None, None, "first_enrolment", START, 30),
    "ended the day before": (START, None, "renewal", START, 0),
    "ends later: moved": (START + 20 * DAY, None, "renewal", START + 20 * DAY, 0),
    "ended earlier": (START - DAY, None, "lapsed", START, 30),
    "reference on the end": (START + 20 * DAY, START + 20 * DAY, "renewal", START + 20 * DAY, 0),
    "reference past the end": (START + 20 * DAY, START + 21 * DAY, "lapsed", START + 21 * DAY, 30),
    "reference alone": (None, START + 21 * DAY, "first_enrolment", START + 21 * DAY, 30),
}


@pytest.mark.parametrize(("previous_end", "reference", "code", "start", "days"), CLASSES.values(), ids=CLASSES)
def test_everybody_is_told_the_class_and_the_waiting_days(previous_end, reference, code, start, days):
    employer = make.an_employer()
    (entry,) = make.people(employer)
    if previous_end:
        make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2024, 1, 1), end=previous_end)
    case = make.application(employer=employer, entries=[entry], references=reference)
    (finding,) = case.application.findings.filter(severity=Severity.INFO)
    assert (finding.code, finding.inputs["waiting_days"], finding.inputs["start"]) == (code, days, str(start))
    member = case.application.members.get()
    expected = cover_rules.cover_period(
        reference_on=reference, arrival_on=make.TODAY, term_months=12, previous_end=previous_end, grace_days=0
    )
    assert (member.planned_start, member.planned_end, member.planned_class) == (
        expected.start,
        expected.end,
        expected.cover_class,
    )
    assert member.previous_end == previous_end


GAPS = {
    # previous end, reference, grace → latest safe arrival, "lost" for a reference past the chain, or no warning
    "ends within the month": (START + 20 * DAY, None, 0, START + 19 * DAY),
    "ends on the last day the money is expected": (make.TODAY + 31 * DAY, None, 0, make.TODAY + 30 * DAY),
    "ends a day after that": (make.TODAY + 32 * DAY, None, 0, None),
    "reference on the end": (START + 20 * DAY, START + 20 * DAY, 0, START + 20 * DAY),
    "reference past the end": (START + 20 * DAY, START + 21 * DAY, 0, "lost"),
    "reference past the end but within the grace": (START + 20 * DAY, START + 21 * DAY, 5, START + 24 * DAY),
    "lapsed whatever is done": (START - DAY, None, 0, None),
    "lapsed whatever is done, with a reference": (START - DAY, START + 5 * DAY, 0, None),
    "no earlier cover": (None, START + 5 * DAY, 0, None),
}


@pytest.mark.parametrize(("previous_end", "reference", "grace", "expected"), GAPS.values(), ids=GAPS)
def test_gap_risk_tells_the_latest_safe_arrival(previous_end, reference, grace, expected):
    employer = make.an_employer()
    (entry,) = make.people(employer)
    version = plans.version("HOSP25", renewal_grace_days=grace)
    if previous_end:
        make.cover_of(entry, version, start=dt.date(2024, 1, 1), end=previous_end)
    case = make.application(employer=employer, entries=[entry], references=reference)
    answers = [finding.inputs["latest_safe_arrival"] for finding in found(case, "gap_risk")]
    assert answers == ([] if expected is None else [None] if expected == "lost" else [str(expected)])
    if answers:
        rule = cover_rules.latest_safe_arrival(previous_end=previous_end, grace_days=grace, reference_on=reference)
        assert answers[0] == (str(rule) if rule else None)
    if answers and answers[0]:
        (plan,) = case.application.plans.all()
        safe = queries.SafeArrival(on=expected, people=1)
        arrivals = queries.get_safe_arrivals(application_ids=[case.id])
        assert (arrivals.applications, arrivals.plans) == ({case.id: safe}, {plan.pk: safe})


# ---------------------------------------------------------------- the engine


def test_every_rule_has_a_code_of_its_own_and_a_version():
    codes = [rule.code for rule in precheck.RULES]
    assert len(codes) == len(set(codes))
    assert all(rule.version >= 1 for rule in precheck.RULES)
    assert all(bool(rule.proof_kind) is (rule.severity == Severity.PROOF) for rule in precheck.RULES)


def test_findings_carry_version_plan_person_and_inputs():
    case = make.application(people_count=1)
    (finding,) = case.application.findings.all()
    assert (finding.rule_version, finding.member, finding.application_plan) == (
        1,
        case.application.members.get(),
        case.application.plans.get(),
    )
    assert finding.inputs == {"start": "2025-08-12", "end": "2026-08-12", "waiting_days": 30}


def test_checking_again_changes_nothing():
    case = make.application(people_count=3, has_list=False)
    before = sorted(case.application.findings.values_list("code", "member_id"))
    recheck(case)
    assert sorted(case.application.findings.values_list("code", "member_id")) == before
    assert case.application.proof_slots.count() == len({slot.kind for slot in case.application.proof_slots.all()})


def test_people_taken_off_the_list_are_not_judged():
    employer = make.an_employer()
    good, bad = make.people(employer)[0], make.people(employer, is_valid=False)[0]
    case = make.application(employer=employer, entries=[good, bad])
    assert case.codes() == {"id_invalid": 1}
    member = case.application.members.get(entry=bad)
    by = make.handler(employer)
    enrolment.remove_members(application_id=case.id, member_ids=[member.pk], by=by, at=make.NOON)
    assert "id_invalid" not in recheck(case).codes()
    enrolment.restore_members(application_id=case.id, member_ids=[member.pk], by=by, at=make.NOON)
    assert "id_invalid" in recheck(case).codes()


def test_what_the_roster_says_by_now_is_taken_over_while_the_list_may_be_edited():
    case = make.application(people_count=1)
    entry = case.entries[0]
    RosterEntry.objects.filter(pk=entry.pk).update(
        name="王改名", name_initials="wgm", department="财务部", born_on=dt.date(1991, 1, 1)
    )
    recheck(case)
    member = case.application.members.get()
    assert (member.name, member.name_initials, member.department, member.born_on) == (
        "王改名",
        "wgm",
        "财务部",
        dt.date(1991, 1, 1),
    )


def test_once_submitted_the_list_stays_as_it_was():
    case = make.application("first_review", people_count=1)
    name = case.application.members.get().name
    RosterEntry.objects.filter(pk=case.entries[0].pk).update(name="王改名")
    make.advance(case, "second_review")
    assert case.application.members.get().name == name


def test_slots_follow_the_findings_and_keep_their_files():
    employer = make.an_employer()
    entries = make.people(employer, 2, born_on=male(START))
    case = make.application(employer=employer, entries=entries)
    slot = case.application.proof_slots.get()
    assert (slot.kind, slot.person_count, slot.is_needed) == ("in_service_certificate", 2, True)
    by = make.handler(employer)
    file = make.stored_file(employer, kind="proof")
    enrolment.add_proof_file(application_id=case.id, kind=slot.kind, file_id=file.pk, by=by, at=make.NOON)
    members = list(ApplicationMember.objects.filter(application_id=case.id).values_list("pk", flat=True))
    enrolment.remove_members(application_id=case.id, member_ids=members, by=by, at=make.NOON)
    recheck(case)
    slot.refresh_from_db()
    assert (slot.person_count, slot.is_needed, slot.files.count()) == (0, False, 1)


def test_as_many_statements_for_many_people_as_for_few():
    def count(people: int) -> int:
        case = make.application(people_count=people, choices=[("HOSP25", 1), ("ACC25", 1)])
        with CaptureQueriesContext(connection) as captured:
            recheck(case)
        return len(captured)

    assert count(2) == count(60)
