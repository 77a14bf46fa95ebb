"""Extras that are posted beside a form are ignored: the twins that show the watching can fail, and how the pages read forms."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.handlers.base import BaseHandler
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from huzhu.audit import operations as audit
from huzhu.notifications import operations as notifications
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import REFERENCE_DAYS_AHEAD
from huzhu.shared.actors import system_actor
from tests.factories import billing as money
from tests.factories.accounts import NOON, StaffPostFactory
from tests.web import extras, traced

PAGES = [*Path("huzhu/web").rglob("*.py"), *Path("huzhu/ui").rglob("*.py")]
View = Callable[..., HttpResponse]


@pytest.fixture
def administrator() -> Client:
    client = Client()
    post = StaffPostFactory(branch=money.root(), system_admin=True)
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def put_in_place(monkeypatch: pytest.MonkeyPatch, view: View) -> None:
    """Have every request answered by another view."""
    real = BaseHandler.resolve_request

    def resolved(self: BaseHandler, request: HttpRequest) -> Any:
        match = real(self, request)
        match.func.__wrapped__ = match.func
        match.func = view
        return match

    monkeypatch.setattr(BaseHandler, "resolve_request", resolved)


@pytest.mark.django_db
class TestTheWatchingCanFail:
    """Twins: views that take what was not asked for."""

    @pytest.fixture(autouse=True)
    def _extras_are_ignored(self):
        """Not watched a second time: these take extras on purpose."""

    @pytest.fixture(autouse=True)
    def _acts_leave_a_trace(self):
        """Nor are they asked for a trace."""

    @pytest.fixture(autouse=True)
    def _all_routes_anew(self, monkeypatch):
        monkeypatch.setattr(extras, "compared", set())

    def _post(self, client: Client) -> list[str]:
        with extras.smuggling() as found:
            client.post(reverse("office:parameter-change", args=[REFERENCE_DAYS_AHEAD]), FORM)
        assert extras.compared == {"office:parameter-change"}
        return found

    def test_the_page_itself_takes_nothing(self, administrator):
        assert self._post(administrator) == []

    def test_a_view_that_takes_everything_is_caught(self, administrator, monkeypatch):
        def careless(request: HttpRequest, **words: Any) -> HttpResponse:
            columns = {each.attname for each in ParameterChange._meta.concrete_fields} & {"reason", *NAMES}
            _change({name: value for name, value in request.POST.items() if name in columns})
            return HttpResponse("done")

        put_in_place(monkeypatch, careless)
        found = self._post(administrator)
        assert any("proposed_by_name is" in each for each in found)
        assert any("proposed_by_person is" in each for each in found)

    def test_a_form_with_all_fields_is_caught_although_it_asks_for_each(self, administrator, monkeypatch):
        form_class = modelform_factory(ParameterChange, fields="__all__")

        def careless(request: HttpRequest, **words: Any) -> HttpResponse:
            form = form_class(request.POST)
            form.is_valid()
            _change({name: form.cleaned_data[name] for name in NAMES if form.cleaned_data.get(name)})
            return HttpResponse("done")

        put_in_place(monkeypatch, careless)
        found = self._post(administrator)
        assert any("proposed_by_name is" in each for each in found)
        assert any("proposed_by_person is" in each for each in found)

    def test_a_row_more_is_caught(self, administrator, monkeypatch):
        def careless(request: HttpRequest, **words: Any) -> HttpResponse:
            _change({})
            if request.POST.get("employer_id"):
                notifications.post_notice(key="a", employer_id=request.POST["employer_id"], title="x", at=NOON)
            return HttpResponse("done")

        put_in_place(monkeypatch, careless)
        assert any("rows instead of" in each for each in self._post(administrator))


FORM = {"value": "90", "effective_from": "2031-01-01", "reason": "试点"}


NAMES = ("proposed_by_name", "proposed_by_person")


def _change(chosen: dict[str, Any]) -> None:
    words = {
        "key": REFERENCE_DAYS_AHEAD,
        "value": "90",
        "effective_from": NOON.date(),
        "reason": "试点",
        "state": "confirmed",
        "needs_second_person": False,
        "proposed_at": NOON,
        "proposed_by_name": "甲",
        "proposed_by_person": "13900007777",
    }
    made = ParameterChange.objects.create(**words | chosen)
    audit.record("parameters.change", subject=made, label="x", by=system_actor(), at=NOON)


class TestHowPagesReadForms:
    """A form names its fields; nothing hands a request's whole body to an operation, a model or a form made from a model."""

    @pytest.mark.parametrize("path", PAGES, ids=str)
    def test_no_page_passes_a_whole_body_on(self, path):
        assert find_whole_bodies(path.read_text()) == []

    @pytest.mark.parametrize(
        "source",
        [
            "act(**request.POST)",
            "act(**request.POST.dict())",
            "act(by=1, **dict(request.POST.items()))",
            "act(**form.data)",
            "act(**form.data.dict())",
            "Branch(**{**request.POST.dict(), 'a': 1})",
            "for name, value in request.POST.items():\n    setattr(record, name, value)",
            "class Meta:\n    fields = '__all__'",
            "class Meta:\n    exclude = ['state']",
            "class A(forms.ModelForm):\n    pass",
            "modelform_factory(Branch, fields=['name'])",
        ],
    )
    def test_what_is_found(self, source):
        assert find_whole_bodies(source)

    @pytest.mark.parametrize("source", ["act(**form.cleaned_data)", "Form(request.POST)", "request.POST.get('a')"])
    def test_what_is_not(self, source):
        assert find_whole_bodies(source) == []

    def test_every_form_class_lists_its_fields(self):
        ours = {each for each in get_forms() if each.__module__.startswith("huzhu.")}
        assert len(ours) > 60
        assert [each for each in ours if not hasattr(each, "declared_fields")] == []
        assert [each for each in ours if issubclass(each, forms.models.BaseModelForm)] == []


def get_forms(of: type = forms.BaseForm) -> set[type]:
    """Every form class that the routes load."""
    traced.get_writing_routes()
    return {each for one in of.__subclasses__() for each in {one, *get_forms(one)}}


def find_whole_bodies(source: str) -> list[str]:
    """Where a whole body is spread out, every field of a model is opened, or names from outside choose attributes."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            spread = [each.value for each in node.keywords if each.arg is None]
            found += [ast.unparse(each) for each in spread if _is_body(each)]
            name = ast.unparse(node.func).rsplit(".", 1)[-1]
            if name in ("setattr", "modelform_factory", "modelformset_factory", "inlineformset_factory"):
                found.append(name)
        if isinstance(node, ast.Assign):
            names = {ast.unparse(each) for each in node.targets}
            is_all = isinstance(node.value, ast.Constant) and node.value.value == "__all__"
            found += ["__all__"] if is_all else []
            found += ["exclude"] if "exclude" in names else []
        if isinstance(node, ast.ClassDef):
            found += [ast.unparse(each) for each in node.bases if "ModelForm" in ast.unparse(each)]
    return found


def _is_body(node: ast.expr) -> bool:
    text = ast.unparse(node)
    return ".POST" in text or ".GET" in text or (".data" in text and "cleaned_data" not in text)


def test_the_protected_names_are_fields_of_models():
    assert inspect.getdoc(extras)
    for name in ("state", "employer_id", "branch", "roles", "version", "decided_by_id", "amount", "proposed_by_person"):
        assert extras.PROTECTED.fullmatch(name)
