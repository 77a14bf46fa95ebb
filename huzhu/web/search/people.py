"""Finding people: by name, pinyin initials or the whole document number, never by a part of a number."""

from __future__ import annotations

from django.db.models import Q

from huzhu.employers import queries as employers
from huzhu.roster import queries as roster
from huzhu.roster.models import EmploymentStatus, RosterEntry, WorkerDocument
from huzhu.shared.actors import Actor, Side
from huzhu.shared.identity.names import initials, normalise_name
from huzhu.ui import tones
from huzhu.web.search.words import LIMIT, Hit, Words, link

NEAR_EMPLOYERS = 50  # of an employer named beside a person

PAGES = {
    Side.EMPLOYER: ("employer:roster-person", "employer:roster-entry", "employer:roster-edit"),
    Side.OFFICE: ("office:person",),
}


def find_own_people(actor: Actor, words: Words) -> list[Hit]:
    """
    This function will find people of the employer's own roster: part of the name, pinyin initials, or the whole document number.
    """
    return [_person(actor, entry) for entry in roster.search_roster(by=actor, words=words.text, limit=LIMIT + 1)]


def find_people(actor: Actor, words: Words) -> list[Hit]:
    """
    This function will find people of the visible employers: by whole document number or exact name; with an employer named
    beside it, also by part of the name and by pinyin initials. Every way leads through an index.
    """
    entries = RosterEntry.objects.visible_to(actor).latest_spells().select_related("document", "employer")
    typed, near = _split(words)
    if near:
        visible = employers.search_employers(actor=actor, words=near).values("pk")[:NEAR_EMPLOYERS]
        wanted = Q(name__icontains=typed)
        if letters := Words(text=typed).letters:
            wanted |= Q(name_initials__startswith=letters)
        entries = entries.filter(wanted, employer__in=visible)
    elif prints := roster.get_fingerprints(number=words.text):
        holders = WorkerDocument.objects.filter(fingerprint__in=prints).values("worker")
        entries = entries.filter(worker__in=holders)
    elif words.has_han:
        name = normalise_name(words.text)
        # All statuses and the initials, so that the index by employer finds the name without reading anybody else.
        entries = entries.filter(status__in=EmploymentStatus.values, name_initials=initials(name), name=name)
    else:
        return []
    return [_person(actor, entry) for entry in entries.order_by("left_on", "name_initials", "id")[: LIMIT + 1]]


def _split(words: Words) -> tuple[str, str]:
    """The person and the employer: typed apart, or as 张三 明光机械. A Latin name such as John Smith stays whole."""
    if words.near:
        return words.text, words.near
    person, _, near = words.text.partition(" ")
    if near and (words.has_han or words.text.islower()) and not any(char.isdigit() for char in person):
        return person, near
    return words.text, ""


def _person(actor: Actor, entry: RosterEntry) -> Hit:
    is_office = actor.side == Side.OFFICE
    return Hit(
        title=entry.name,
        note="　".join(filter(None, [entry.document.number_masked, entry.department])),
        owner=str(entry.employer) if is_office else "",
        url=link(actor, entry.pk, *PAGES[actor.side]),
        state=entry.get_status_display(),
        tone=tones.get_tone(entry.status),
    )
