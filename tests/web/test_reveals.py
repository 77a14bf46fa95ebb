"""Every route that shows a masked value in full: asked why first, one row of the trace per look. Found by name, none left out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import NamedTuple

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from huzhu.accounts.models import StaffPost
from huzhu.audit import operations as audit
from huzhu.audit import reveals
from huzhu.audit.models import AuditEvent
from huzhu.cover.models import Cover
from huzhu.employers.models import LEGAL_DOCUMENT, HandOver, Membership
from huzhu.enrolment.models import ApplicationMember
from huzhu.roster.models import WorkerDocument
from huzhu.shared import fresh_factor, seals
from huzhu.shared.identity import documents
from tests.factories import billing as money
from tests.factories import policies as papers
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


def on_an_own_hand_over() -> Place:
    hand_over = HandOverFactory(by_form=True)
    member = MembershipFactory(employer=hand_over.employer)
    url = reverse("employer:hand-over-reveal", args=[hand_over.pk, "mobile"])
    return Place(signed_in(member.user), url, reverse("employer:hand-over"), hand_over.mobile)


def on_members_of_a_hand_over() -> Place:
    hand_over = HandOverFactory(by_form=True)
    member = MembershipFactory(employer=hand_over.employer)
    post = StaffPostFactory(branch=hand_over.employer.branch)
    url = reverse("office:member-reveal", args=[member.pk])
    return Place(signed_in(post.user), url, reverse("office:hand-over", args=[hand_over.pk]), member.user.mobile)


def on_own_members() -> Place:
    owner = MembershipFactory()
    member = MembershipFactory(employer=owner.employer, handler=True)
    url = reverse("employer:member-reveal", args=[member.pk])
    return Place(signed_in(owner.user), url, reverse("employer:members"), member.user.mobile)


def on_a_policy() -> Place:
    cover = Cover.objects.filter(policy_id=papers.policy(members=1).pk).get()
    post = StaffPostFactory(branch=cover.employer.branch)
    url, page = reverse("office:policy-reveal", args=[cover.pk]), reverse("office:policy", args=[cover.policy_id])
    return Place(signed_in(post.user), url, page, number_of(cover))


def on_an_own_policy() -> Place:
    cover = Cover.objects.filter(policy_id=papers.policy(members=1).pk).get()
    member = MembershipFactory(employer=cover.employer, handler=True)
    url, page = reverse("employer:policy-reveal", args=[cover.pk]), reverse("employer:policy", args=[cover.policy_id])
    return Place(signed_in(member.user), url, page, number_of(cover))


def on_a_review() -> Place:
    application = money.approved_application(members=1, state="first_review")
    member = application.members.get()
    post = StaffPostFactory(branch=application.employer.branch, roles=["registrar"])
    page = reverse("office:first-review", args=[application.pk]) + "?tab=people"
    return Place(signed_in(post.user), reverse("office:review-reveal", args=[member.pk]), page, number_of(member))


def number_of(one: Cover | ApplicationMember) -> str:
    """The full number, and the mask on the paper as the number asks for it."""
    document = one.worker.documents.get()
    number = document.reveal()
    assert documents.masked_number(number) == document.number_masked == one.number_masked
    return number


PLACES: dict[str, Callable[[], Place]] = {
    "employer:roster-reveal": on_the_roster,
    "office:cover-reveal": on_a_cover,
    "office:registration-reveal": on_a_registration,
    "office:change-reveal": on_a_change,
    "office:hand-over-reveal": on_a_hand_over,
    "office:user-reveal": on_a_user,
    "office:member-reveal": on_members_of_a_hand_over,
    "office:policy-reveal": on_a_policy,
    "office:review-reveal": on_a_review,
    "employer:hand-over-reveal": on_an_own_hand_over,
    "employer:member-reveal": on_own_members,
    "employer:policy-reveal": on_an_own_policy,
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


@pytest.mark.parametrize(
    "name",
    [
        "office:hand-over-reveal",
        "office:member-reveal",
        "office:user-reveal",
        "office:policy-reveal",
        "office:review-reveal",
    ],
)
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


def test_who_only_reads_policies_of_the_own_employer_sees_the_mask_and_no_button():
    place = on_an_own_policy()
    reader = signed_in(MembershipFactory(employer=Cover.objects.get().employer, viewer=True).user)
    page = reader.get(place.page).content.decode()
    assert "****" in page
    assert place.url not in page
    assert reader.post(place.url, {"reason": "asked"}, headers=HTMX).status_code == 404
    assert looks() == []


def test_nobody_looks_at_people_of_an_application_of_the_own_account():
    place = on_a_review()
    application = ApplicationMember.objects.get().application
    post = StaffPost.objects.latest("pk")
    with pgtrigger.ignore():  # the database would not let both be
        MembershipFactory(employer=application.employer, user__mobile=post.user.mobile)
    assert place.url not in place.client.get(place.page).content.decode()
    answer = place.client.post(place.url, {"reason": "asked"}, headers=HTMX)
    assert answer.status_code == 422
    assert "账号成员" in answer.content.decode()
    assert looks() == []


def test_a_number_the_employer_no_longer_knows_is_not_replaced_by_another():
    place = on_a_policy()
    WorkerDocument.objects.update(number_masked="4401**********0000")
    answer = place.client.post(place.url, {"reason": "asked"}, headers=HTMX)
    assert answer.status_code == 422
    assert "职工名册中已没有" in answer.content.decode()
    assert place.value not in answer.content.decode()
    assert looks() == []


def more_on_a_policy(place: Place) -> tuple[Place, int]:
    cover = Cover.objects.filter(policy_id=papers.policy(members=6).pk).first()
    post = StaffPostFactory(branch=cover.employer.branch)
    page = reverse("office:policy", args=[cover.policy_id])
    return place._replace(client=signed_in(post.user), page=page), 6


def more_on_a_review(place: Place) -> tuple[Place, int]:
    application = money.approved_application(members=6, state="first_review")
    post = StaffPostFactory(branch=application.employer.branch, roles=["registrar"])
    page = reverse("office:first-review", args=[application.pk]) + "?tab=people"
    return place._replace(client=signed_in(post.user), page=page), 6


def more_members(place: Place) -> tuple[Place, int]:
    employer = Membership.objects.first().employer
    MembershipFactory.create_batch(5, employer=employer, handler=True)
    return place, 6


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("office:policy-reveal", more_on_a_policy),
        ("office:review-reveal", more_on_a_review),
        ("office:member-reveal", more_members),
        ("employer:member-reveal", more_members),
    ],
)
def test_buttons_cost_a_list_no_queries(name, more):
    place = PLACES[name]()
    few = count_queries(place)
    place, added = more(place)
    page = place.client.get(place.page).content.decode()
    assert page.count('class="reveal__button"') >= added
    assert count_queries(place) == few


def count_queries(place: Place) -> int:
    place.client.get(place.page)  # what a session or a process asks once
    with CaptureQueriesContext(connection) as asked:
        place.client.get(place.page)
    return len(asked)


def test_the_fields_share_no_name_with_those_of_the_page_below():
    place = on_a_review()
    asked = place.client.get(place.url, headers=HTMX).content.decode()
    page = place.client.get(place.page).content.decode()
    ids = set(re.findall(r' id="([^"]+)"', asked))
    assert {"reveal_reason", "reveal_text"} <= ids
    assert ids.isdisjoint(re.findall(r' id="([^"]+)"', page))
