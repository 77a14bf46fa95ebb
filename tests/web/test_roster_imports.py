"""导入名册 while a job is at work: how far it is, and taking it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huzhu.accounts.models import Session
from huzhu.roster.models import RosterEntry, RosterImport
from huzhu.shared import uploads
from tests.factories.employers import MembershipFactory
from tests.jobs.test_roster import run
from tests.roster.files.sheets import xlsx
from tests.web.test_roster_pages import person, sign_in, upload, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def membership():
    return MembershipFactory(handler=True)


@pytest.fixture
def handler(membership) -> Client:
    return sign_in(membership)


@pytest.fixture
def waiting(handler, monkeypatch) -> RosterImport:
    monkeypatch.setattr(uploads, "SMALL_BYTES", 100)
    handler.post(url("roster-import"), {"file": upload(xlsx([person()])), "mode": "good"})
    return RosterImport.objects.get()


def test_the_page_tells_phase_and_rows(handler, waiting):
    RosterImport.objects.filter(pk=waiting.pk).update(phase="sealing", rows_read=100_000, rows_done=25_000)

    page = handler.get(url("roster-import-progress", waiting.pk)).content.decode()

    assert "正在加密证件号码" in page
    assert "25,000 / 100,000 行 · 25%" in page
    assert "X-Poll" in page


def test_the_page_is_loaded_anew_when_the_job_is_done(handler, waiting):
    run(waiting.pk)

    answer = handler.get(url("roster-import-progress", waiting.pk))

    assert answer["HX-Refresh"] == "true"
    assert "全部导入成功" in handler.get(url("roster-import-result", waiting.pk)).content.decode()


def test_asking_how_far_it_is_keeps_no_session_alive(handler, waiting):
    session, seen = Session.objects.get(), timezone.now()
    Session.objects.update(created_at=seen, last_seen_at=seen)
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=False):
        handler.get(url("roster-import-progress", waiting.pk), headers={"X-Poll": "1"})
        session.refresh_from_db()
        assert session.last_seen_at == seen

        handler.get(url("roster-import-result", waiting.pk))
        session.refresh_from_db()
        assert session.last_seen_at != seen


def test_a_waiting_import_can_be_cancelled_and_never_happens(handler, waiting):
    answer = handler.post(url("roster-import-cancel", waiting.pk), follow=True)
    run(waiting.pk)

    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert "已取消，名册没有改动" in answer.content.decode()
    assert not RosterEntry.objects.exists()


def test_cancelling_too_late_says_so_and_shows_the_result(handler, waiting):
    run(waiting.pk)

    page = handler.post(url("roster-import-cancel", waiting.pk), follow=True).content.decode()

    assert "没有取消" in page
    assert "全部导入成功" in page
    assert RosterEntry.objects.count() == 1


def test_another_employers_import_can_be_neither_watched_nor_cancelled(waiting):
    other = sign_in(MembershipFactory(handler=True))

    assert other.get(url("roster-import-progress", waiting.pk)).status_code == 404
    assert other.post(url("roster-import-cancel", waiting.pk)).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_a_viewer_watches_but_has_no_button(waiting):
    viewer = sign_in(MembershipFactory(employer=waiting.employer, roles=["viewer"]))

    page = viewer.get(url("roster-import-result", waiting.pk)).content.decode()

    assert url("roster-import-progress", waiting.pk) in page
    assert reverse("employer:roster-import-cancel", args=[waiting.pk]) not in page
