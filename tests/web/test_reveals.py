"""Every route that shows a masked value in full: asked why first, one row of the trace per look. Found by name, none left out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.accounts.models import StaffPost
from huzhu.audit import operations as audit
from huzhu.audit import reveals
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import LEGAL_DOCUMENT, HandOver
from huzhu.shared import fresh_factor, seals
from huzhu.shared.identity import documents
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import ChangeRequestFactory, HandOverFactory, MembershipFactory, RegistrationFactory
from tests.factories.roster import RosterEntryFactory, resident_number
from tests.web import traced

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NUMBER = resident_number(5)


class Place(NamedTuple):
    """Somebody who may look, where, the page it stands on, and what is hidden there."""

    client: Client
    url: str
    page: str
    value: str


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def on_the_roster() -> Place:
    entry = RosterEntryFactory(document__number=NUMBER)
    member = MembershipFactory(employer=entry.employer, handler=True)
    url, page = (reverse(f"employer:{name}", args=[entry.pk]) for name in ("roster-reveal", "roster-person"))
    return Place(signed_in(member.user), url, page, NUMBER)


def on_a_cover() -> Place:
    entry = RosterEntryFactory(document__number=NUMBER)
    post = StaffPostFactory(branch=entry.employer.branch)
    url, page = (reverse(f"office:{name}", args=[entry.worker_id]) for name in ("cover-reveal", "cover-person"))
    return Place(signed_in(post.user), url, page, NUMBER)


def on_a_registration() -> Place:
    post = StaffPostFactory()
    registration = RegistrationFactory(branch=post.branch)
    url = reverse("office:registration-reveal", args=[registration.pk, "handler_mobile"])
    page = reverse("office:registration", args=[registration.pk])
    return Place(signed_in(post.user), url, page, registration.handler_mobile)


def on_a_change() -> Place:
    seal_id = uuid.uuid4()
    masked = documents.masked_number(NUMBER)
    change = ChangeRequestFactory(
        changes={"legal_document": ["", masked]},
        legal_document=seals.seal(NUMBER, place=LEGAL_DOCUMENT, seal_id=seal_id),
        legal_document_masked=masked,
        seal_id=seal_id,
    )
    post = StaffPostFactory(branch=change.employer.branch)
    url, page = (reverse(f"office:{name}", args=[change.pk]) for name in ("change-reveal", "change"))
    return Place(signed_in(post.user), url, page, NUMBER)


def on_a_hand_over() -> Place:
    hand_over = HandOverFactory(by_form=True)
    post = StaffPostFactory(branch=hand_over.employer.branch)
    url = reverse("office:hand-over-reveal", args=[hand_over.pk, "mobile"])
    return Place(signed_in(post.user), url, reverse("office:hand-over", args=[hand_over.pk]), hand_over.mobile)


def on_a_user() -> Place:
    admin = StaffPostFactory(roles=["system_admin"])
    user = StaffPostFactory(branch=admin.branch).user
    url, page = (reverse(f"office:{name}", args=[user.pk]) for name in ("user-reveal", "user"))
    return Place(signed_in(admin.user), url, page, user.mobile)


PLACES: dict[str, Callable[[], Place]] = {
    "employer:roster-reveal": on_the_roster,
    "office:cover-reveal": on_a_cover,
    "office:registration-reveal": on_a_registration,
    "office:change-reveal": on_a_change,
    "office:hand-over-reveal": on_a_hand_over,
    "office:user-reveal": on_a_user,
}


@pytest.fixture(params=PLACES)
def place(request) -> Place:
    return PLACES[request.param]()


def looks() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event__endswith=reveals.ENDING))


def test_no_route_is_left_out():
    assert {name for name in traced.get_writing_routes() if "reveal" in name} == set(PLACES)


class TestEveryPlace:
    def test_the_page_hides_the_value_and_offers_to_ask(self, place):
        page = place.client.get(place.page).content.decode()
        assert place.value not in page
        assert f'hx-get="{place.url}"' in page

    @pytest.mark.parametrize("headers", [HTMX, {}])
    def test_asking_shows_nothing_and_writes_nothing(self, place, headers):
        answer = place.client.get(place.url, headers=headers)
        assert answer.status_code == 200
        assert "查看原因" in answer.content.decode()
        assert place.value not in answer.content.decode()
        assert looks() == []

    @pytest.mark.parametrize("given", [{}, {"reason": ""}, {"reason": "nothing"}, {"reason": "other", "text": ""}])
    @pytest.mark.parametrize("headers", [HTMX, {}])
    def test_without_a_reason_nothing_is_shown(self, place, given, headers):
        answer = place.client.post(place.url, given, headers=headers)
        assert answer.status_code == 422
        assert place.value not in answer.content.decode()
        assert looks() == []

    @pytest.mark.parametrize("headers", [HTMX, {}])
    def test_as_many_rows_as_looks_each_with_field_and_reason(self, place, headers):
        for number in (1, 2, 3):
            answer = place.client.post(place.url, {"reason": "asked", "text": f"第{number}次"}, headers=headers)
            assert place.value in answer.content.decode()
            assert answer["Cache-Control"] == "no-store"
        assert [event.reason for event in looks()] == [f"本人或单位查询：第{n}次" for n in (1, 2, 3)]
        assert all(event.details["field"] for event in looks())
        assert place.value not in str(AuditEvent.objects.values_list("details", "changes", "reason"))

    def test_the_last_reason_is_chosen_again(self, place):
        assert "selected" not in place.client.get(place.url, headers=HTMX).content.decode().replace('"" selected', "")
        place.client.post(place.url, {"reason": "asked"}, headers=HTMX)
        assert '"asked" selected' in place.client.get(place.url, headers=HTMX).content.decode()

    def test_beyond_the_bound_it_is_refused_in_words(self, place, monkeypatch):
        monkeypatch.setattr(reveals, "MOST", 2)
        for _ in range(2):
            place.client.post(place.url, {"reason": "asked"}, headers=HTMX)
        answer = place.client.post(place.url, {"reason": "asked"}, headers=HTMX)
        assert answer.status_code == 422
        assert "请稍后再看" in answer.content.decode()
        assert place.value not in answer.content.decode()
        assert len(looks()) == 2
        assert AuditEvent.objects.filter(event=audit.REFUSED).count() == 1

    def test_beyond_a_number_the_second_factor_is_asked_for_and_the_reason_kept(self, place, monkeypatch):
        monkeypatch.setattr(reveals, "BEFORE_THE_FACTOR", 1)
        monkeypatch.setattr(fresh_factor, "is_fresh", lambda by, at: False)
        place.client.post(place.url, {"reason": "asked"}, headers=HTMX)
        answer = place.client.post(place.url, {"reason": "asked", "text": "再核对"}, headers=HTMX)
        assert answer.status_code == 422
        assert answer["HX-Retarget"] == "body"
        assert "再核对" in answer.content.decode()
        assert place.value not in answer.content.decode()
        assert len(looks()) == 1


@pytest.mark.parametrize("name", PLACES)
def test_the_twin_that_writes_nothing_down_is_caught(name, monkeypatch):
    place = PLACES[name]()
    monkeypatch.setattr(reveals, "note", lambda *args, **more: None)
    with pytest.raises(AssertionError):
        TestEveryPlace().test_as_many_rows_as_looks_each_with_field_and_reason(place, HTMX)


@pytest.mark.parametrize("name", ["office:hand-over-reveal", "office:user-reveal"])
def test_who_only_reads_along_sees_the_mask_and_no_button(name):
    place = PLACES[name]()
    branch = StaffPost.objects.latest("pk").branch
    reader = signed_in(StaffPostFactory(branch=branch, roles=["auditor"]).user)
    page = reader.get(place.page).content.decode()
    assert "****" in page
    assert place.url not in page
    assert reader.post(place.url, {"reason": "asked"}, headers=HTMX).status_code == 404
    assert looks() == []


def test_nobody_looks_at_a_hand_over_of_their_own():
    place = on_a_hand_over()
    hand_over = HandOver.objects.get()
    own = StaffPostFactory(branch=hand_over.employer.branch, user__mobile=hand_over.mobile)
    answer = signed_in(own.user).post(place.url, {"reason": "asked"}, headers=HTMX)
    assert answer.status_code == 422
    assert "当事人" in answer.content.decode()
    assert looks() == []
