"""A good part of the site is used by and about a thousand known people; none of them stands in the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from huzhu.roster.models import RosterEntry
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import MembershipFactory
from tests.factories.roster import RosterEntryFactory, resident_number

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
COUNT = 1000
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "伟芳娜敏静丽强磊军洋"
PEOPLE = [
    (
        resident_number(number % 400 + 1, area=str(440104 + number // 400)),
        f"139{number:08d}",
        f"{SURNAMES[number % 10]}{GIVEN[number // 10 % 10]}{GIVEN[number // 100]}",
    )
    for number in range(COUNT)
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, from the most talkative level, as the settings would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(import_string(settings.LOGGING["formatters"]["line"]["()"])())
    root, loggers = logging.getLogger(), [logging.getLogger(name) for name in ("huzhu", "django", "django.request")]
    levels = [each.level for each in (root, *loggers)]
    for each in (root, *loggers):
        each.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for each, level in zip((root, *loggers), levels, strict=True):
        each.setLevel(level)


def signed_in(user) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def find(text: str) -> list[str]:
    """Who of the thousand stands in a text."""
    return [each for person in PEOPLE for each in person if each in text]


def use_the_site(clerk: Client, officer: Client, entries: list[RosterEntry]) -> None:
    """Lists, records, looks, searches, refusals, wrong addresses, and a page that breaks over somebody."""
    for name in ("home", "roster", "roster-template", "roster-export", "members", "profile", "enrolments"):
        try:
            clerk.get(reverse(f"employer:{name}"))
        except Exception:
            continue
    for entry, (number, mobile, name) in zip(entries, PEOPLE, strict=False):
        clerk.get(reverse("employer:roster-person", args=[entry.pk]))
        clerk.post(reverse("employer:roster-person", args=[entry.pk]), {"name": name, "mobile": mobile})
        clerk.post(reverse("employer:roster-reveal", args=[entry.pk]), {"reason": "check"})
        clerk.post(reverse("employer:roster-person-add"), {"name": name, "document_number": number, "mobile": mobile})
        officer.post(reverse("office:cover"), {"words": number})
        officer.get(reverse("office:cover-person", args=[entry.worker_id]))
    for number, mobile, name in PEOPLE:
        clerk.get(f"/employer/roster/{number}/{name}/?mobile={mobile}&q={name}")
        officer.get(f"/nowhere/{name}/{mobile}")


@pytest.fixture
def place():
    member = MembershipFactory(handler=True)
    entries = [
        RosterEntryFactory(employer=member.employer, document__number=number, name=name, mobile=mobile)
        for number, mobile, name in PEOPLE[:20]
    ]
    return signed_in(member.user), signed_in(StaffPostFactory(branch=member.employer.branch).user), entries


def test_none_of_a_thousand_people_stands_in_the_log(place, log, monkeypatch):
    use_the_site(*place)
    break_pages(place, monkeypatch)
    text = log.getvalue()
    assert text.count("Not Found") >= COUNT
    assert text.count("Traceback") >= 20
    assert find(text) == []


def test_every_line_of_a_request_carries_its_trace_id(place, log):
    answer = place[0].get("/employer/nothing/")
    lines = [line for line in log.getvalue().splitlines() if "Not Found" in line]
    assert lines
    assert all(answer["X-Request-ID"] in line for line in lines)


def test_the_twin_with_a_plain_formatter_finds_them(place, log, monkeypatch):
    handler = next(each for each in logging.getLogger().handlers if getattr(each, "stream", None) is log)
    handler.setFormatter(logging.Formatter())
    place[1].get(f"/nowhere/{PEOPLE[1][2]}/{PEOPLE[1][1]}")
    break_pages(place, monkeypatch)
    assert set(find(log.getvalue())) >= {*PEOPLE[1][1:], PEOPLE[0][0]}


def break_pages(place, monkeypatch) -> None:
    """A fault of the program whose words hold the person it was about."""
    from huzhu.web.office.views import cover

    _, officer, entries = place
    for entry, person in zip(entries, PEOPLE, strict=False):

        def fail(*, by, worker_id, person=person):
            raise RuntimeError("could not judge {}\r\n{} {}".format(*person))

        monkeypatch.setattr(cover.people, "get_person", fail)
        officer.get(reverse("office:cover-person", args=[entry.worker_id]))
