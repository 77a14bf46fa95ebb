"""The cover timeline on a person's page of the roster: own cover, what is applied for, gaps, and nobody else named."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.enrolment import operations as enrolment
from huzhu.ui.timeline import draw
from huzhu.web.employer.presenters.own_cover import get_own_cover
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
SECRET = "绝密重工集团"
D = dt.date


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(make.NOON, tick=False):
        yield


@pytest.fixture
def entry():
    (entry,) = make.people(make.an_employer())
    return entry


def page_of(entry) -> str:
    clerk = Client()
    clerk.force_login(MembershipFactory(employer=entry.employer, handler=True).user, backend=BACKEND)
    answer = clerk.get(reverse("employer:roster-person", args=[entry.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def lanes(entry):
    return get_own_cover(entry=entry, today=make.TODAY).lanes


def apply_for(entry, *codes: str) -> make.Case:
    return make.application(
        employer=entry.employer, entries=[entry], choices=[(code, 1) for code in codes or ("HOSP25",)]
    )


def spans(lane) -> list[tuple[dt.date, dt.date, str]]:
    return [(span.start, span.end, span.label) for span in lane.drawing.past]


def test_nothing_yet_says_so(entry):
    assert "还没有通过本单位参保" in page_of(entry)


def test_past_cover_waiting_days_and_the_one_in_force(entry):
    version = plans.version("HOSP25")
    make.cover_of(entry, version, start=D(2023, 8, 1))
    latest = make.cover_of(entry, version, start=D(2024, 8, 20))
    latest.full_from = latest.added_full_from = D(2024, 9, 19)
    latest.save(update_fields=["full_from", "added_full_from"])
    (lane,) = lanes(entry)
    assert spans(lane) == [(D(2023, 8, 1), D(2024, 8, 1), "本单位保障")]
    assert lane.drawing.waiting_until == D(2024, 9, 19)
    assert draw(lane.drawing).gap_days == 19
    page = page_of(entry)
    for words in ("住院医保补充保障计划", "断保 19 天", "免责期", "2024-09-18"):
        assert words in page, words


def test_what_is_applied_for_follows_on_own_cover(entry):
    make.cover_of(entry, plans.version("HOSP25"), start=D(2024, 8, 12))
    case = apply_for(entry)
    (lane,) = lanes(entry)
    assert spans(lane) == [(D(2024, 8, 12), D(2025, 8, 12), "本单位保障")]
    assert lane.drawing.planned.start == make.TOMORROW
    assert lane.word == "续保衔接"
    assert lane.drawing.latest_arrival == D(2025, 8, 11)
    page = page_of(entry)
    assert case.application.number in page
    assert "最晚到账日" in page


def test_a_lapse_is_drawn_red(entry):
    make.cover_of(entry, plans.version("HOSP25"), start=D(2023, 1, 1))
    apply_for(entry)
    (lane,) = lanes(entry)
    assert draw(lane.drawing).gap_days == (make.TOMORROW - D(2024, 1, 1)).days
    assert lane.word == "此前已断保"


def test_each_plan_has_its_own_drawing(entry):
    make.cover_of(entry, plans.version("ACC25"), start=D(2025, 1, 1))
    apply_for(entry, "HOSP25")
    assert [lane.plan for lane in lanes(entry)] == ["意外伤害保障计划", "住院医保补充保障计划"]


def test_a_plan_that_renews_another_is_one_chain(entry):
    old, new = plans.version("MED06-A"), plans.version("CI25-A")
    make.cover_of(entry, old, start=D(2023, 8, 12), end=D(2024, 8, 12))
    cover = make.cover_of(entry, new, start=D(2024, 8, 12))
    cover.cover_class, cover.previous_end = "renewal", D(2024, 8, 12)
    cover.save(update_fields=["cover_class", "previous_end"])
    (lane,) = lanes(entry)
    assert lane.plan == str(new.plan)
    assert spans(lane) == [(D(2023, 8, 12), D(2024, 8, 12), "本单位保障")]
    assert draw(lane.drawing).gap_days == 0


class TestElsewhere:
    def test_a_renewal_from_elsewhere_is_no_gap_and_nobody_is_named(self, entry):
        other = make.an_employer(name=SECRET)
        make.cover_of(make.also_at(entry, other), plans.version("HOSP25"), start=D(2024, 8, 12))
        apply_for(entry)
        (lane,) = lanes(entry)
        assert spans(lane) == [(D(2024, 8, 12), D(2025, 8, 12), "上期保障")]
        assert draw(lane.drawing).gap_days == 0
        assert SECRET not in page_of(entry)

    def test_cover_elsewhere_alone_is_not_shown(self, entry):
        other = make.an_employer(name=SECRET)
        make.cover_of(make.also_at(entry, other), plans.version("HOSP25"), start=D(2025, 1, 1))
        assert lanes(entry) == []
        page = page_of(entry)
        assert "还没有通过本单位参保" in page
        assert SECRET not in page

    def test_who_cannot_be_covered_has_words_and_no_drawing(self, entry):
        other = make.an_employer(name=SECRET)
        make.cover_of(make.also_at(entry, other), plans.version("HOSP25"), start=D(2025, 8, 1))
        apply_for(entry)
        (lane,) = lanes(entry)
        assert lane.drawing is None
        assert lane.word == "不能承保"
        assert SECRET not in page_of(entry)


def test_taken_off_or_over_is_not_planned(entry):
    case = apply_for(entry)
    member = case.application.members.get()
    enrolment.remove_members(
        application_id=case.id, member_ids=[member.pk], by=make.handler(entry.employer), at=make.NOON
    )
    assert lanes(entry) == []
    enrolment.delete(application_id=apply_for(entry).id, by=make.handler(entry.employer), at=make.NOON)
    assert lanes(entry) == []


def test_the_page_asks_the_same_number_of_questions_whatever_the_cover(entry):
    apply_for(entry)
    make.cover_of(entry, plans.version("ACC25"), start=D(2020, 1, 1))
    make.cover_of(entry, plans.version("HOSP25"), start=D(2021, 8, 12))
    few = count_queries(lambda: get_own_cover(entry=entry, today=make.TODAY))
    apply_for(entry, "CI25-A", "ACC25")
    for year in (2021, 2022, 2023):
        make.cover_of(entry, plans.version("ACC25"), start=D(year, 1, 1))
    assert count_queries(lambda: get_own_cover(entry=entry, today=make.TODAY)) == few == 4


def test_dates_are_drawn_half_open_and_read_inclusive(entry):
    make.cover_of(entry, plans.version("HOSP25"), start=D(2025, 1, 1))
    assert re.search(r"2025-01-01.{0,40}2025-12-31", re.sub(r"<[^>]+>", "", page_of(entry)))
