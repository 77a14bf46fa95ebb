"""What is kept of a form that was sent, for whom, and for how long; and that every posting form carries its key."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, reverse
from django.utils import timezone

from huzhu.employers.models import Invitation
from huzhu.jobs.scheduled import forget_submissions
from huzhu.submissions.models import SentForm
from huzhu.web import access
from huzhu.web import submissions as layer
from tests.factories.employers import MembershipFactory
from tests.web.traced import get_methods, get_writing_routes

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
INVITED = {"mobile": "13800138000", "name": "陈小玲", "roles": ["handler"]}


@pytest.fixture
def owner(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    return membership


@pytest.fixture
def invited() -> dict[str, object]:
    return {**INVITED, "form_key": str(uuid.uuid4())}


def read(body: dict[str, object], *, name: str = "employer:invite", user_id: int = 1) -> layer.Form | None:
    """The form of a request that nobody has to answer."""
    request = RequestFactory().post("/somewhere/", body)
    request.resolver_match = ResolverMatch(
        lambda: None, (), {}, url_name=name.split(":")[1], namespaces=name.split(":")[:1]
    )
    request.actor, request.user = None, type("User", (), {"is_authenticated": True, "pk": user_id})()
    return layer.read_form(request)


class TestAnswering:
    def test_the_second_time_says_the_same(self, client, owner, invited):
        first = client.post(reverse("employer:invite"), invited, follow=True)
        second = client.post(reverse("employer:invite"), invited, follow=True)
        assert first.redirect_chain == second.redirect_chain
        words = [str(message) for message in first.context["messages"]]
        assert words
        assert [str(message) for message in second.context["messages"]] == words
        assert Invitation.objects.count() == 1

    def test_nothing_personal_stands_readable(self, client, owner, invited):
        client.post(reverse("employer:invite"), invited)
        kept = SentForm.objects.get()
        row = repr([getattr(kept, field.name) for field in SentForm._meta.concrete_fields])
        for text in (INVITED["mobile"], INVITED["name"], "陈"):
            assert text not in row
            assert str(text).encode() not in bytes(kept.answer)

    def test_a_key_is_of_one_person(self, client, owner, invited):
        client.post(reverse("employer:invite"), invited)
        other = MembershipFactory()
        stranger = Client()
        stranger.force_login(other.user)
        stranger.post(reverse("employer:invite"), invited)
        assert Invitation.objects.filter(employer=other.employer).count() == 1

    def test_who_may_no_longer_open_the_route_sees_no_answer_of_it(self, client, owner, invited):
        client.post(reverse("employer:invite"), invited)
        owner.roles = ["viewer"]
        owner.save()
        MembershipFactory(employer=owner.employer)
        assert client.post(reverse("employer:invite"), invited).status_code == 404

    def test_a_refused_form_is_not_kept_and_may_be_mended(self, client, owner, invited):
        assert client.post(reverse("employer:invite"), {**invited, "mobile": "1"}).status_code == 422
        assert not SentForm.objects.filter(status=422).exists()
        assert client.post(reverse("employer:invite"), invited).status_code == 302

    def test_a_post_without_a_key_is_an_ordinary_one(self, client, owner):
        assert client.post(reverse("employer:invite"), INVITED).status_code == 302
        assert not SentForm.objects.exists()

    def test_a_file_in_the_background_is_refused_in_words(self):
        request = RequestFactory().post(
            "/x/", {"file": SimpleUploadedFile("a.jpg", b"1")}, headers={"HX-Request": "true"}
        )
        answer = layer._show_running(request)
        assert (answer.status_code, answer["Content-Type"]) == (409, "text/plain; charset=utf-8")
        assert "<" not in answer.content.decode()

    def test_a_file_to_take_home_is_not_kept(self):
        request = RequestFactory().post("/x/")
        answer = HttpResponse(b"1", headers={"Content-Disposition": "attachment"})
        assert layer._note(request, answer)["content"] is None


class TestReading:
    def test_files_count_by_what_is_in_them(self):
        def body(content: bytes, name: str = "a.xlsx") -> uuid.UUID:
            key = str(uuid.UUID(int=1))
            return read({"form_key": key, "file": SimpleUploadedFile(name, content)}).body

        assert body(b"one") == body(b"one")
        assert len({body(b"one"), body(b"two"), body(b"one", "b.xlsx")}) == 3

    def test_a_file_is_left_as_it_was(self):
        file = SimpleUploadedFile("a.xlsx", b"x" * 200_000)
        request = RequestFactory().post("/somewhere/", {"file": file})
        layer._body(request)
        assert len(request.FILES["file"].read()) == 200_000

    def test_the_token_against_forgery_does_not_count(self):
        key = str(uuid.uuid4())
        bodies = {read({"form_key": key, "a": "1", "csrfmiddlewaretoken": token}).body for token in ("x", "y")}
        assert len(bodies) == 1

    @pytest.mark.parametrize("key", ["", "1", "x" * 36, "\0"])
    def test_a_key_that_is_none_protects_nothing(self, key):
        assert read({"form_key": key}) is None

    def test_a_form_that_proves_a_mobile_counts_every_try(self):
        body = {"form_key": str(uuid.uuid4()), "mobile": "1", "code": "2"}
        assert read(body, name="public:register") is None
        assert read({**body, "code": "2"}, name="employer:invite") is not None


def test_after_seven_days_it_is_forgotten(client, owner, invited):
    client.post(reverse("employer:invite"), invited)
    SentForm.objects.update(made_at=timezone.now() - timedelta(days=7) + timedelta(minutes=1))
    forget_submissions(0)
    assert SentForm.objects.exists()
    SentForm.objects.update(made_at=timezone.now() - timedelta(days=7, minutes=1))
    forget_submissions(0)
    assert not SentForm.objects.exists()


class TestHouse:
    """Nothing new can forget it: every route that takes POST is under the layer, every posting form carries the key."""

    def test_every_route_is_wrapped(self):
        for name, view in get_writing_routes().items():
            assert view.__code__ is layer.once(lambda: None).__code__, name

    def test_every_exception_is_a_route_that_takes_post_and_has_a_ground(self):
        writing = get_writing_routes()
        for name, ground in layer.AGAIN.items():
            assert name in access.get_table()
            assert "POST" in get_methods(writing[name])
            assert ground

    def test_every_posting_form_carries_the_key(self):
        lacking = []
        for path in sorted((ROOT / "huzhu").rglob("*.html")):
            for form in re.findall(r"<form\b(?:(?!</form>).)*", path.read_text(), re.DOTALL | re.IGNORECASE):
                if re.search(r'method="(?:post|\{\{)', form) and not ("csrf_token" in form or "form_key" in form):
                    lacking.append(str(path.relative_to(ROOT)))
        # The gallery's examples are shown and not sent; of a place for files the token stands behind its condition.
        assert lacking == ["huzhu/ui/templates/gallery.html"] * len(lacking)

    def test_no_form_draws_the_token_by_hand(self):
        """By hand means without a key; one page alone gives back the key it was sent."""
        by_hand = [
            str(path.relative_to(ROOT))
            for ending in ("*.html", "*.py")
            for path in (ROOT / "huzhu").rglob(ending)
            if 'name="csrfmiddlewaretoken"' in path.read_text()
        ]
        assert sorted(by_hand) == ["huzhu/ui/form_keys.py", "huzhu/web/templates/submissions/running.html"]
