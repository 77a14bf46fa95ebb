"""编辑 voids the printed form: the page says so, the code on paper tells old from new, and an old form is refused."""

from __future__ import annotations

import io

import pypdf
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huzhu.enrolment import operations as enrolment
from huzhu.shared.calendar import local_date
from tests.factories import enrolment as make
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import MembershipFactory, picture

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def case() -> make.Case:
    now = timezone.now()
    employer = make.an_employer()
    entries = make.people(employer, 2)
    make.insurance_list(employer, entries, month=local_date(now).replace(day=1), at=now)
    return make.application("awaiting_form", employer=employer, entries=entries, has_list=False, at=now)


@pytest.fixture
def handler(case) -> Client:
    client = Client()
    client.force_login(MembershipFactory(employer=case.employer, handler=True).user, backend=BACKEND)
    return client


def upload(client: Client, case: make.Case) -> str:
    url = reverse("employer:application-form-upload", args=[case.id])
    return client.post(url, {"form": picture()}, follow=True).content.decode()


def test_the_code_stands_on_paper_and_page_and_is_new_after_editing(handler, case):
    first = case.application.form_code[:4]
    paper = handler.get(reverse("employer:application-form", args=[case.id]))
    text = pypdf.PdfReader(io.BytesIO(b"".join(paper.streaming_content))).pages[0].extract_text()
    assert first in text.replace("\n", "").replace(" ", "")
    handler.post(reverse("employer:application-edit", args=[case.id]))
    enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=timezone.now())
    page = handler.get(reverse("employer:application", args=[case.id])).content.decode()
    assert case.refresh().form_code[:4] in page
    assert first not in page


def test_the_old_form_is_refused_in_words_while_the_application_is_edited(handler, case):
    handler.post(reverse("employer:application-edit", args=[case.id]))
    assert "原来打印的申请书作废" in upload(handler, case)
    assert (case.refresh().state, case.application.sealed_form_id) == ("draft", None)


def test_reviewers_are_told_which_code_the_form_must_show(handler, case):
    assert "已回传" in upload(handler, case)
    client = Client()
    client.force_login(StaffPostFactory(branch=make.city(), registrar=True).user, backend=BACKEND)
    page = client.get(reverse("office:first-review", args=[case.id]), {"tab": "files"}).content.decode()
    assert f"校验码应为 {case.refresh().form_code[:4]}" in page
