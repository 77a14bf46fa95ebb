"""Why people differ from the month's list: reasons, proofs, and what is carried to the next list."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from huzhu.audit.models import AuditEvent
from huzhu.documents.models import StoredFile
from huzhu.roster import differences
from huzhu.roster import operations as roster
from huzhu.roster.differences import NAME_DIFFERS, ONLY_LIST, ONLY_ROSTER
from huzhu.roster.models import DifferenceReason, InsuranceRoster
from huzhu.roster.permissions import NotPermitted
from huzhu.shared.uploads import UploadRefused
from tests.factories.roster import NOON, EmployerFactory, RosterEntryFactory, employer_actor, resident_number
from tests.roster.files.sheets import sample
from tests.roster.test_insurance_roster import take_in

pytestmark = pytest.mark.django_db


def picture() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return SimpleUploadedFile("证明.png", buffer.getvalue())


def case():
    """Two people only on the roster, one only on the list, one under two names."""
    employer = EmployerFactory()
    entries = [
        RosterEntryFactory(employer=employer, name=name, document__number=resident_number(number))
        for number, name in enumerate(("张一", "李二", "王三"), 1)
    ]
    rows = [[1, "王叁", resident_number(3)], [2, "赵四", resident_number(4)]]
    return employer, entries, take_in(employer, rows)


def give(listed: InsuranceRoster, chosen: roster.Differing, code: str, **more) -> int:
    given = {"by": employer_actor(listed.employer), "at": NOON, **more}
    return roster.give_reason(insurance_roster_id=listed.pk, chosen=chosen, code=code, **given)


def codes(listed: InsuranceRoster, side: str) -> dict[str, str]:
    people = differences.get_people(insurance_roster_id=listed.pk, side=side)
    return {person.roster_name or person.list_name: person.code for person in people}


class TestGive:
    def test_to_some_and_then_to_all_the_others(self):
        _, (first, *_), listed = case()

        one = give(listed, roster.Differing(side=ONLY_ROSTER, entry_ids=(first.pk,)), "dispatched")
        rest = give(listed, roster.Differing(side=ONLY_ROSTER, is_everybody=True), "joined")

        assert (one, rest) == (1, 1)
        assert codes(listed, ONLY_ROSTER) == {"张一": "dispatched", "李二": "joined"}
        counts = differences.get_counts(insurance_roster_id=listed.pk)
        assert (counts.explained, counts.unexplained) == ({ONLY_ROSTER: 2, ONLY_LIST: 0, NAME_DIFFERS: 0}, 2)
        assert [
            event.details["people"] for event in AuditEvent.objects.filter(event="roster.explain").order_by("id")
        ] == [1, 1]
        listed.refresh_from_db()
        assert listed.explained_at == NOON

    def test_to_people_only_on_the_list_and_to_other_names(self):
        _, (*_, third), listed = case()

        give(listed, roster.Differing(side=ONLY_LIST, line_ids=(listed.lines.get(name="赵四").pk,)), "retired")
        give(listed, roster.Differing(side=NAME_DIFFERS, entry_ids=(third.pk,)), "other", words="曾用名")

        assert codes(listed, ONLY_LIST) == {"赵四": "retired"}
        assert codes(listed, NAME_DIFFERS) == {"王三": "other"}

    def test_again_changes_it_and_the_same_keeps_its_proof(self):
        _, (first, *_), listed = case()
        chosen = roster.Differing(side=ONLY_ROSTER, entry_ids=(first.pk,))

        give(listed, chosen, "dispatched", proof=picture())
        give(listed, chosen, "dispatched")
        kept = DifferenceReason.objects.get().proof_id
        give(listed, chosen, "joined")

        assert StoredFile.objects.get(kind="proof").pk == kept
        assert (DifferenceReason.objects.get().code, DifferenceReason.objects.get().proof_id) == ("joined", None)

    def test_a_reason_for_a_difference_that_became_another_one_does_not_stand(self):
        employer, _, listed = case()
        give(listed, roster.Differing(side=ONLY_LIST, line_ids=(listed.lines.get(name="赵四").pk,)), "joined")
        RosterEntryFactory(employer=employer, name="赵肆", document__number=resident_number(4))
        assert codes(listed, NAME_DIFFERS) == {"王三": "", "赵肆": ""}

        give(listed, roster.Differing(side=NAME_DIFFERS, is_everybody=True), "other", words="名单有误")

        assert codes(listed, NAME_DIFFERS) == {"王三": "other", "赵肆": "other"}

    @pytest.mark.parametrize(
        ("side", "code", "words", "field"),
        [
            (ONLY_ROSTER, "", "", "code"),
            (ONLY_ROSTER, "other", " ", "words"),
            (ONLY_ROSTER, "other", "长" * 201, "words"),
            (NAME_DIFFERS, "retired", "", "code"),
            ("elsewhere", "retired", "", "code"),
        ],
    )
    def test_refuses_what_does_not_fit(self, side, code, words, field):
        _, _, listed = case()

        with pytest.raises(roster.PersonRefused) as refusal:
            give(listed, roster.Differing(side=side, is_everybody=True), code, words=words)

        assert list(refusal.value.errors) == [field]
        assert not DifferenceReason.objects.exists()

    def test_a_bad_proof_leaves_everything_as_it_was(self):
        _, _, listed = case()
        proof = SimpleUploadedFile("证明.png", b"MZ rubbish")

        with pytest.raises(UploadRefused):
            give(listed, roster.Differing(side=ONLY_ROSTER, is_everybody=True), "dispatched", proof=proof)

        assert not DifferenceReason.objects.exists()

    def test_nobody_is_told(self):
        _, _, listed = case()
        stranger = RosterEntryFactory()

        with pytest.raises(roster.NobodyDiffers):
            give(listed, roster.Differing(side=ONLY_ROSTER, entry_ids=(stranger.pk,)), "joined")

    def test_is_refused_to_readers_and_strangers(self):
        employer, _, listed = case()
        for by in (employer_actor(employer, "viewer"), employer_actor(EmployerFactory())):
            with pytest.raises(NotPermitted):
                give(listed, roster.Differing(side=ONLY_ROSTER, is_everybody=True), "joined", by=by)

    def test_takes_as_many_statements_for_30_as_for_1(self):
        employer = EmployerFactory()
        content = sample("roster-clean-1200.xlsx")
        by = employer_actor(employer)
        roster.import_roster(employer_id=employer.pk, content=content, file_name="a.xlsx", by=by, at=NOON)
        listed = take_in(employer, sample("insurance-list.xlsx"))
        first, second, *_ = differences.get_people(insurance_roster_id=listed.pk, side=ONLY_ROSTER)
        give(listed, roster.Differing(side=ONLY_ROSTER, entry_ids=(second.entry_id,)), "joined")

        def count(chosen: roster.Differing) -> tuple[int, int]:
            with CaptureQueriesContext(connection) as queries:
                people = give(listed, chosen, "joined")
            return people, len(queries)

        one, few = count(roster.Differing(side=ONLY_ROSTER, entry_ids=(first.entry_id,)))
        rest, many = count(roster.Differing(side=ONLY_ROSTER, is_everybody=True))

        assert (one, rest) == (1, 28)
        assert few == many


class TestTakeBack:
    def test_the_difference_is_open_again(self):
        _, (first, *_), listed = case()
        chosen = roster.Differing(side=ONLY_ROSTER, entry_ids=(first.pk,))
        give(listed, chosen, "joined")

        assert (
            roster.take_back_reason(
                insurance_roster_id=listed.pk, chosen=chosen, by=employer_actor(listed.employer), at=NOON
            )
            == 1
        )
        assert codes(listed, ONLY_ROSTER)["张一"] == ""


class TestNames:
    def test_the_lists_names_are_taken_where_they_are_names(self):
        employer = EmployerFactory()
        good, cut = (
            RosterEntryFactory(employer=employer, name="王三", document__number=resident_number(n)) for n in (1, 2)
        )
        listed = take_in(employer, [[1, "王叁", resident_number(1)], [2, "王3", resident_number(2)]])
        chosen = roster.Differing(side=NAME_DIFFERS, is_everybody=True)

        count = roster.take_names_from_list(
            insurance_roster_id=listed.pk, chosen=chosen, by=employer_actor(employer), at=NOON
        )

        good.refresh_from_db()
        cut.refresh_from_db()
        assert (count, good.name, good.name_initials, cut.name) == (1, "王叁", "ws", "王三")


class TestCarried:
    def next_list(self, employer, rows, **more) -> InsuranceRoster:
        return take_in(employer, rows, month=dt.date(2026, 11, 1), **more)

    def test_where_the_difference_is_still_the_same(self):
        employer, _, listed = case()
        give(listed, roster.Differing(side=ONLY_ROSTER, is_everybody=True), "dispatched", proof=picture())
        give(listed, roster.Differing(side=ONLY_LIST, is_everybody=True), "left")
        give(listed, roster.Differing(side=NAME_DIFFERS, is_everybody=True), "other", words="曾用名")

        rows = [
            [1, "赵四", resident_number(4)],
            [2, "李二", resident_number(2)],
            [3, "王叁", resident_number(3)],
            [4, "新", resident_number(9)],
        ]
        after = self.next_list(employer, rows)

        assert codes(after, ONLY_ROSTER) == {"张一": "dispatched"}
        assert codes(after, ONLY_LIST) == {"赵四": "left", "新": ""}
        assert codes(after, NAME_DIFFERS) == {"王三": "other"}
        (carried,) = differences.get_people(insurance_roster_id=after.pk, side=ONLY_ROSTER)
        assert (carried.first_month, carried.proof_id) == (
            listed.month,
            StoredFile.objects.filter(kind="proof").get().pk,
        )
        event = AuditEvent.objects.filter(event="roster.insurance_list").latest("id")
        assert event.details["reasons_carried"] == 3

    def test_not_when_the_name_on_the_list_is_yet_another(self):
        employer, _, listed = case()
        give(listed, roster.Differing(side=NAME_DIFFERS, is_everybody=True), "other", words="曾用名")

        after = self.next_list(employer, [[1, "王山", resident_number(3)]])

        assert codes(after, NAME_DIFFERS) == {"王三": ""}

    def test_not_to_lists_of_the_other_kind_or_of_others(self):
        employer, _, listed = case()
        give(listed, roster.Differing(side=ONLY_ROSTER, is_everybody=True), "joined")

        medical = self.next_list(employer, [[1, "王叁", resident_number(3)]], kind="medical")
        other = EmployerFactory()
        theirs = take_in(other, [[1, "王叁", resident_number(3)]])

        assert not DifferenceReason.objects.filter(roster__in=[medical, theirs]).exists()


def test_a_newcomer_is_one_for_two_months():
    first = dt.date(2026, 11, 1)

    assert not differences.is_newcomer_no_more(first_month=first, month=dt.date(2026, 12, 1))
    assert differences.is_newcomer_no_more(first_month=first, month=dt.date(2027, 1, 1))
