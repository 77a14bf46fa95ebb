"""A document changes: applications and cover follow the person, and what the society goes by is not corrected behind its back."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.audit.models import AuditEvent
from huzhu.cover.models import Cover
from huzhu.enrolment.models import ApplicationMember
from huzhu.journeys.replace_document import IN_HAND, replace_document
from huzhu.roster import operations as roster
from huzhu.roster.models import RosterEntry
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.roster import RosterEntryFactory, resident_number

pytestmark = pytest.mark.django_db
LATER = make.NOON + dt.timedelta(hours=1)


def replace(entry: RosterEntry, serial: int = 7, *, is_wrong: bool = False) -> RosterEntry:
    document = roster.NewDocument(document_type="resident_id", document_number=resident_number(serial))
    return replace_document(
        entry_id=entry.pk,
        document=document,
        is_wrong=is_wrong,
        reason="换领证件",
        by=make.handler(entry.employer),
        at=LATER,
    )


def known_elsewhere(serial: int = 7) -> RosterEntry:
    return RosterEntryFactory(document__number=resident_number(serial))


def test_a_draft_follows_and_is_checked_anew():
    case = make.application()
    entry, other = case.entries
    known = known_elsewhere()

    replace(entry)

    workers = set(ApplicationMember.objects.filter(application=case.id).values_list("worker_id", flat=True))
    assert workers == {known.worker_id, other.worker_id}
    assert case.refresh().checked_at is None


@pytest.mark.parametrize("state", ["awaiting_form", "first_review", "second_review", "awaiting_payment"])
@pytest.mark.parametrize("is_known", [False, True])
def test_a_number_in_hand_is_not_corrected_whoever_else_knows_the_new_one(state, is_known):
    case = make.application(state)
    if is_known:
        known_elsewhere()

    with pytest.raises(roster.PersonRefused, match=IN_HAND):
        replace(case.entries[0], is_wrong=True)


def test_nor_is_the_number_of_somebody_covered():
    (entry,) = make.people(make.an_employer())
    make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2025, 1, 1))

    with pytest.raises(roster.PersonRefused, match=IN_HAND):
        replace(entry, is_wrong=True)


def test_a_draft_alone_stands_in_nobodys_way():
    case = make.application()

    assert replace(case.entries[0], is_wrong=True).document.reveal() == resident_number(7)


def test_cover_follows_the_person():
    (entry,) = make.people(make.an_employer())
    cover = make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2025, 1, 1))
    known = known_elsewhere()

    replace(entry)

    cover.refresh_from_db()
    assert cover.worker_id == known.worker_id


def test_somebody_covered_twice_keeps_both_and_only_the_association_is_told():
    version = plans.version("HOSP25")
    (entry,) = make.people(make.an_employer())
    known = known_elsewhere()
    for each in (entry, known):
        make.cover_of(each, version, start=dt.date(2025, 1, 1))

    after = replace(entry)

    assert after.worker_id == known.worker_id
    assert set(Cover.objects.values_list("worker_id", flat=True)) == {entry.worker_id, known.worker_id}
    event = AuditEvent.objects.get(event="cover.held_twice")
    assert (event.employer_id, event.subject_id) == (None, str(known.worker_id))


def test_nobody_known_nothing_moves():
    (entry,) = make.people(make.an_employer())
    cover = make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2025, 1, 1))

    replace(entry)

    cover.refresh_from_db()
    assert cover.worker_id == entry.worker_id


def test_all_of_it_or_nothing(monkeypatch):
    case = make.application()
    entry = case.entries[0]
    known_elsewhere()
    monkeypatch.setattr("huzhu.cover.following.follow_worker", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        replace(entry)

    before = entry.document_id, entry.worker_id
    entry.refresh_from_db()
    assert (entry.document_id, entry.worker_id) == before
