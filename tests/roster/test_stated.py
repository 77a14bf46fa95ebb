"""Gender and birthday where the number does not tell them: each employer's own, whoever else has the person."""

from __future__ import annotations

import datetime as dt
import io
import re

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu.enrolment import operations
from huzhu.enrolment import queries as enrolment
from huzhu.roster import operations as roster
from huzhu.roster import queries
from huzhu.roster.models import RosterEntry, RosterEntryChange, Worker
from huzhu.shared import postgres
from tests.conftest import _point_default_at
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.employers import MembershipFactory
from tests.factories.roster import NOON, RosterEntryFactory, WorkerFactory, employer_actor, resident_number
from tests.roster.files.sheets import HEADS, xlsx

PASSPORT = "E12345678"
MINE, THEIRS = dt.date(1963, 5, 4), dt.date(1993, 4, 5)
LATER = NOON + dt.timedelta(hours=1)


def row(born_on: dt.date = MINE, *, gender: str = "男", number: str = PASSPORT, **cells: str) -> list[object]:
    given = {"姓名": "李海", "证件类型": "中国护照", "证件号码": number, "性别": gender, "出生日期": born_on, **cells}
    return [given.get(head, "") for head in HEADS]


def take_in(employer, content: bytes, *, at: dt.datetime = NOON):
    by = employer_actor(employer)
    return roster.import_roster(employer_id=employer.pk, content=content, file_name="a.xlsx", by=by, at=at)


def export(employer, *, with_numbers: bool = True) -> bytes:
    return roster.export_roster(
        employer_id=employer.pk,
        filters=queries.RosterFilter(),
        by=employer_actor(employer),
        at=NOON,
        with_numbers=with_numbers,
        reason="核对",
    )


def cells_of(content: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def client_of(membership) -> Client:
    client = Client()
    client.force_login(membership.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
class TestTwoEmployers:
    """The same passport, and two clerks who typed different birthdays and genders."""

    @pytest.fixture
    def ours(self):
        return MembershipFactory(handler=True)

    @pytest.fixture
    def theirs(self):
        return MembershipFactory(handler=True)

    @pytest.fixture(autouse=True)
    def listed(self, ours, theirs):
        take_in(ours.employer, xlsx([row(MINE)]))
        take_in(theirs.employer, xlsx([row(THEIRS, gender="女")]))

    def test_it_is_one_person_and_each_sees_its_own(self, ours, theirs):
        assert Worker.objects.count() == 1
        for membership, born_on, gender in ((ours, "1963-05-04", "男"), (theirs, "1993-04-05", "女")):
            client, (entry,) = client_of(membership), RosterEntry.objects.filter(employer=membership.employer)
            (shown,) = client.get(reverse("employer:roster")).context["rows"]
            page = client.get(reverse("employer:roster-person", args=[entry.pk])).content.decode()
            head, cells = cells_of(export(membership.employer))
            exported = dict(zip(head, cells, strict=True))
            assert (shown.gender, exported["性别"], exported["出生日期"]) == (gender, gender, born_on)
            assert f"<dd>{gender}</dd>" in page
            assert born_on in page

    def test_what_each_exports_comes_in_again_unchanged(self, ours, theirs):
        for membership in (ours, theirs):
            again = take_in(membership.employer, export(membership.employer), at=LATER)
            assert (again.rows, again.unchanged) == (1, 1)
        assert not RosterEntryChange.objects.exists()

    def test_a_corrected_file_changes_the_own_row_only(self, ours, theirs):
        before = RosterEntry.objects.filter(employer=theirs.employer).values().get()

        assert take_in(ours.employer, xlsx([row(dt.date(1963, 4, 5))]), at=LATER).updated == 1

        assert RosterEntry.objects.get(employer=ours.employer).born_on == dt.date(1963, 4, 5)
        assert RosterEntry.objects.filter(employer=theirs.employer).values().get() == before
        assert RosterEntryChange.objects.get().changes == {"born_on": ["1963-05-04", "1963-04-05"]}

    def test_nobody_leaves_before_the_working_age_by_the_own_birthday(self, ours, theirs):
        on, outcomes = dt.date(2008, 1, 1), []
        for membership in (ours, theirs):
            entry = RosterEntry.objects.get(employer=membership.employer)
            by, chosen = employer_actor(membership.employer), roster.Chosen(entry_ids=(entry.pk,))
            given = {"status": "left", "on": on, "by": by, "at": LATER}
            change = roster.end_people(employer_id=membership.employer.pk, chosen=chosen, **given)
            outcomes.append(change.outcomes)
        assert [pairs[0][1] for pairs in outcomes] == ["changed", "under_age"]

    def test_problems_go_by_the_own_birthday(self, ours, theirs):
        def past(membership):
            filters = queries.RosterFilter(problem="past_retirement")
            today = dt.date(2030, 1, 1)
            return queries.get_people(employer_id=membership.employer.pk, filters=filters, today=today).count()

        assert (past(ours), past(theirs)) == (1, 0)


def seen_on(page: str, *, number: str) -> str:
    """What a page shows, without keys of records, the number and what only the browser reads."""
    main = re.search(r"<main.*</main>", page, re.DOTALL).group()
    main = re.sub(r'(?<=csrfmiddlewaretoken" value=)"[^"]*"|(?<=form_key" value=)"[^"]*"', "", main)
    return re.sub(r"/\d+/|row-\d+|id=\"reveal-[^\"]*\"|value=\"\d+\"", "", main).replace(number, "")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["passport", "pr_card"])
def test_nothing_visible_tells_that_somebody_else_has_the_person(kind, time_machine):
    """The same acts with the number known, with another birthday and gender, and with a number nobody has."""
    time_machine.move_to(NOON, tick=False)
    plans.version("HOSP25")
    numbers = {"passport": ("E23456789", "E34567890"), "pr_card": ("AUS110063050412", "AUS110063050415")}[kind]
    cells = {} if kind == "passport" else {"证件类型": "外国人永久居留身份证"}
    seen = []
    for is_known, number in zip((False, True), numbers, strict=True):
        born_on = MINE if kind == "passport" else dt.date(1963, 5, 4)
        if is_known:
            other = THEIRS if kind == "passport" else born_on
            take_in(make.an_employer(), xlsx([row(other, gender="女", number=number, **cells)]))
        membership = MembershipFactory(handler=True, employer=make.an_employer())
        employer, client, by = membership.employer, client_of(membership), employer_actor(membership.employer)
        facts: list[object] = []

        first = take_in(employer, xlsx([row(born_on, number=number, **cells)]))
        again = take_in(employer, xlsx([row(born_on, number=number, **cells)]))
        facts += [(r.inserted, r.rejoined, r.updated, r.unchanged, r.failed) for r in (first, again)]
        (entry,) = RosterEntry.objects.filter(employer=employer)
        pages = [reverse("employer:roster"), reverse("employer:roster-person", args=[entry.pk])]
        facts += [seen_on(client.get(page).content.decode(), number=entry.document.number_masked) for page in pages]
        facts += [[each for each in line if each != number] for line in cells_of(export(employer))]
        case = make.application(employer=employer, entries=[entry])
        found = enrolment.get_findings_grouped(application_id=case.id)
        facts.append([(group.code, group.count) for group in found])
        mended = roster.Person(name="李海", gender="female", born_on="" if kind == "pr_card" else "1970-01-02")
        changed = roster.change_entry(entry_id=entry.pk, changes=mended, by=by, at=LATER)
        facts += [changed.gender, changed.born_on]
        facts += [each.changes for each in RosterEntryChange.objects.filter(entry=entry)]
        facts += [len(queries.search_roster(by=by, words=number))]
        seen.append(facts)

    assert seen[0] == seen[1]


@pytest.mark.django_db
class TestByHand:
    @pytest.fixture
    def entry(self):
        return RosterEntryFactory(
            document__document_type="cn_passport", document__number=PASSPORT, born_on=MINE, gender="male", name="李海"
        )

    def change(self, entry, **typed):
        given = roster.Person(name=entry.name, **typed)
        return roster.change_entry(entry_id=entry.pk, changes=given, by=employer_actor(entry.employer), at=LATER)

    def test_is_corrected_and_left_alone_when_not_given(self, entry):
        assert self.change(entry, born_on="1963-04-05").born_on == dt.date(1963, 4, 5)
        after = self.change(entry)
        assert (after.gender, after.born_on) == ("male", dt.date(1963, 4, 5))

    @pytest.mark.parametrize(
        ("typed", "field"),
        [({"born_on": "2024-01-01"}, "born_on"), ({"born_on": "04/05/1963"}, "born_on"), ({"gender": "x"}, "gender")],
    )
    def test_is_judged_as_a_file_is(self, entry, typed, field):
        with pytest.raises(roster.PersonRefused) as refusal:
            self.change(entry, **typed)
        assert list(refusal.value.errors) == [field]

    def test_what_the_number_tells_cannot_be_said_otherwise(self):
        entry = RosterEntryFactory(document__number=resident_number(1))
        with pytest.raises(roster.PersonRefused) as refusal:
            self.change(entry, born_on="1991-03-04", gender="female")
        assert set(refusal.value.errors) == {"gender", "born_on"}

    def test_the_page_offers_it_only_where_the_number_does_not_tell(self, entry):
        membership = MembershipFactory(handler=True, employer=entry.employer)
        client, page = client_of(membership), reverse("employer:roster-person", args=[entry.pk])
        card = RosterEntryFactory(employer=entry.employer, document__number=resident_number(2))
        assert client.get(page).context["form"].stated_fields == ("gender", "born_on")
        assert client.get(reverse("employer:roster-person", args=[card.pk])).context["form"].stated == []

        typed = {"name": "李海", "gender": "female", "born_on": "1963-04-05"}
        assert client.post(page, typed).status_code == 302
        shown = client.get(page).content.decode()
        assert "性别 男 → 女；出生日期 1963-05-04 → 1963-04-05" in shown
        refused = client.post(page, typed | {"born_on": ""})
        assert refused.status_code == 422
        assert "请按证件填写出生日期。" in refused.content.decode()
        assert client.post(page, typed | {"born_on": "2024-01-01"}).status_code == 422

    def test_a_birthday_that_is_a_part_of_the_number_stays_masked_in_the_history(self, entry):
        membership = MembershipFactory(handler=True, employer=entry.employer)
        document = roster.NewDocument(document_type="hmt_residence_permit", document_number="810000199408230021")
        given = {"is_wrong": True, "reason": "录错", "by": employer_actor(entry.employer), "at": LATER}
        roster.replace_document(entry_id=entry.pk, document=document, **given)

        page = client_of(membership).get(reverse("employer:roster-person", args=[entry.pk])).content.decode()

        assert "出生日期已变更" in page
        assert "1994" not in page


@pytest.mark.django_db
class TestPrecheck:
    """Each application is judged by its own employer's statement; the reviewer alone learns that another differs."""

    @pytest.fixture
    def cases(self):
        plans.version("HOSP25")
        cases = []
        for born_on in (MINE, THEIRS):
            employer = make.an_employer()
            take_in(employer, xlsx([row(born_on)]))
            cases.append(make.application(employer=employer, entries=[RosterEntry.objects.get(employer=employer)]))
        return cases

    def test_each_is_judged_by_its_own_birthday(self, cases):
        ours, theirs = cases
        assert [case.application.members.get().born_on for case in cases] == [MINE, THEIRS]
        assert "over_age" in ours.codes()
        assert "over_age" not in theirs.codes()

    def test_the_reviewer_learns_that_statements_differ_and_the_employer_does_not(self, cases):
        ours, theirs = cases
        assert not ours.application.findings.filter(code="birth_or_gender_differs").exists()  # it came first
        finding = theirs.application.findings.get(code="birth_or_gender_differs")
        assert (finding.severity, finding.is_for_reviewers) == ("warn", True)
        assert finding.inputs == {
            "gender": "male", "born_on": "1993-04-05", "other_gender": "male", "other_born_on": "1963-05-04",
        }  # fmt: skip

        def codes(**kwargs):
            return {group.code for group in enrolment.get_findings_grouped(application_id=theirs.id, **kwargs)}

        assert codes(for_reviewers=True) - codes() == {"birth_or_gender_differs"}
        assert enrolment.get_summary(application=theirs.application).by_severity["normal"] == 1

    def test_what_another_employer_has_mended_differs_no_more(self, cases):
        ours, theirs = cases
        elsewhere = RosterEntry.objects.get(employer=ours.employer)
        roster.end_employment(
            entry_id=elsewhere.pk, status="left", on=NOON.date(), by=employer_actor(ours.employer), at=LATER
        )
        take_in(ours.employer, xlsx([row(THEIRS)]), at=LATER)  # a new spell with the right birthday

        precheck(theirs)

        assert "birth_or_gender_differs" not in theirs.codes()

    def test_one_that_differs_from_several_is_told_once(self, cases):
        theirs = cases[1]
        take_in(make.an_employer(), xlsx([row(dt.date(1973, 1, 1), gender="女")]))

        precheck(theirs)

        assert theirs.application.findings.filter(code="birth_or_gender_differs").count() == 1

    def test_what_was_submitted_stays_as_it_was_stated(self):
        employer = make.an_employer()
        take_in(employer, xlsx([row(THEIRS)]))
        case = make.application("first_review", employer=employer, entries=[RosterEntry.objects.get(employer=employer)])
        take_in(employer, xlsx([row(MINE)]), at=LATER)

        make.advance(case, "second_review")

        assert case.application.members.get().born_on == THEIRS

    def test_the_list_of_a_plan_for_women_goes_by_the_own_statement(self):
        plans.version("WCI25")
        for_women, for_men = make.an_employer(), make.an_employer()
        for employer, gender in ((for_women, "女"), (for_men, "男")):
            take_in(employer, xlsx([row(THEIRS, gender=gender)]))
            entry = RosterEntry.objects.get(employer=employer)
            case = make.application(employer=employer, entries=[entry], choices=[("WCI25", 1)])
            assert case.application.members.count() == (gender == "女")


def precheck(case: make.Case) -> None:
    operations.run_precheck(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    case.refresh()


BIRTHDAYS = st.dates(dt.date(1960, 1, 1), dt.date(2007, 12, 31))
STATEMENT = st.tuples(BIRTHDAYS, st.sampled_from("男女"))
DOCUMENTS = {
    "中国护照": "E4567890{}",
    "外国护照": "AB45678{}",
    "港澳居民来往内地通行证": "H4567890{}",
    "台湾居民来往大陆通行证": "4567890{}",
    "军官证": "军字第4567890{}号",
}


@pytest.mark.django_db
@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(sorted(DOCUMENTS)), STATEMENT, STATEMENT), min_size=1, max_size=5))
def test_import_after_export_is_the_identity_for_each_of_two_employers(drawn):
    with transaction.atomic():
        employers, before = [make.an_employer(), make.an_employer()], {}
        for position, employer in enumerate(employers):
            rows = [
                row(
                    statements[position][0],
                    gender=statements[position][1],
                    number=DOCUMENTS[kind].format(serial),
                    证件类型=kind,
                )
                for serial, (kind, *statements) in enumerate(drawn)
            ]
            assert take_in(employer, xlsx(rows)).inserted == len(rows)
            before[employer.pk] = list(RosterEntry.objects.filter(employer=employer).order_by("pk").values())

        for employer in employers:
            again = take_in(employer, export(employer), at=LATER)
            assert (again.unchanged, again.errors) == (len(drawn), [])

        for employer in employers:
            assert list(RosterEntry.objects.filter(employer=employer).order_by("pk").values()) == before[employer.pk]
        transaction.set_rollback(True)


class TestWomenOnTheMonthsList:
    """A number that does not tell the gender counts by the employer's own roster, never by another's."""

    @pytest.mark.django_db
    @pytest.mark.parametrize(("gender", "women"), [("女", 1), ("男", 0), (None, 0)])
    def test_counts(self, gender, women):
        other, employer = make.an_employer(), make.an_employer()
        take_in(other, xlsx([row(THEIRS, gender="女")]))
        if gender:
            take_in(employer, xlsx([row(THEIRS, gender=gender)]))

        listed = roster.import_insurance_roster(
            employer_id=employer.pk,
            kind="social",
            month=NOON.date(),
            content=xlsx([["李海", "中国护照", PASSPORT]], heads=["姓名", "证件类型", "证件号码"]),
            file_name="a.xlsx",
            by=employer_actor(employer),
            at=NOON,
        )

        assert (listed.rows, listed.women) == (1, women)


def test_the_rows_of_before_go_by_the_person(own_database, django_db_blocker):
    """The migration: what every row went by until now stands on it, and no history says that anybody changed it."""
    with django_db_blocker.unblock():
        employer = make.an_employer()
        workers = [WorkerFactory(gender="female", born_on=MINE), WorkerFactory(gender="male", born_on=THEIRS)]
        entries = [RosterEntryFactory(employer=employer, document__worker=worker) for worker in workers]
        entries.append(RosterEntryFactory(document=entries[0].document, worker=workers[0], left=True))
        _point_default_at(own_database, role=postgres.OWNER)
        call_command("migrate", "roster", "0008_repeated_rows_of_lists", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM roster_rosterentry")
            assert not {"gender", "born_on"} & {column.name for column in cursor.description}

        call_command("migrate", "roster", verbosity=0)

        after = RosterEntry.objects.order_by("pk").values_list("pk", "gender", "born_on", "changed_at")
        assert list(after) == [(e.pk, e.worker.gender, e.worker.born_on, e.changed_at) for e in entries]
        assert not RosterEntryChange.objects.exists()
        RosterEntry.objects.filter(pk=entries[0].pk).update(born_on=THEIRS)
        assert RosterEntryChange.objects.get().changes == {"born_on": [MINE.isoformat(), THEIRS.isoformat()]}
