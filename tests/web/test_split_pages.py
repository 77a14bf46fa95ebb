"""其余人员先行参保 through the pages: the offer, the two ways between both applications, and what reviewers see."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.shared.calendar import local_date
from tests.factories import enrolment as make
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def case() -> make.Case:
    now = timezone.now() - dt.timedelta(hours=1)
    employer = make.an_employer()
    entries = make.people(employer, 20)
    make.insurance_list(employer, entries, month=local_date(now).replace(day=1), at=now)
    made = make.application(
        "first_review", employer=employer, entries=entries, has_list=False, choices=[("CI25-A", 1)], at=now
    )
    marked = ApplicationMember.objects.filter(application=made.id).order_by("pk").first()
    enrolment.return_for_correction(
        application_id=made.id,
        reason_codes=[],
        reason="号码请核对",
        member_ids=[marked.pk],
        by=make.registrar(),
        at=now,
    )
    return made


@pytest.fixture
def handler(case) -> Client:
    return sign_in(MembershipFactory(employer=case.employer, handler=True).user)


def test_the_offer_and_both_pages_afterwards(handler, case):
    here = reverse("employer:application", args=[case.id])
    assert "其余 19 人先行参保" in handler.get(here).content.decode()
    answer = handler.post(reverse("employer:application-split", args=[case.id]), follow=True).content.decode()
    part = EnrolmentApplication.objects.get(split_from=case.id)
    assert f"19 人已作为申请 {part.number} 进入初审" in answer
    assert here in answer
    page = handler.get(here).content.decode()
    assert reverse("employer:application", args=[part.pk]) in page
    assert "其余 19 人先行参保</button>" not in page
    again = handler.post(reverse("employer:application-split", args=[case.id]), follow=True).content.decode()
    assert "不能先行参保" in again

    reviewer = sign_in(StaffPostFactory(branch=make.city(), registrar=True).user)
    page = reviewer.get(reverse("office:first-review", args=[part.pk])).content.decode()
    assert "拆出" in page
    assert reverse("office:first-review", args=[case.id]) in page
    files = reviewer.get(reverse("office:first-review", args=[part.pk]), {"tab": "files"}).content.decode()
    assert f"沿用申请 {case.application.number} 的盖章申请书" in files


def test_who_only_looks_is_not_offered_it(case):
    viewer = sign_in(MembershipFactory(employer=case.employer, viewer=True).user)
    page = viewer.get(reverse("employer:application", args=[case.id])).content.decode()
    assert reverse("employer:application-split", args=[case.id]) not in page
    assert viewer.post(reverse("employer:application-split", args=[case.id])).status_code == 404


def test_another_employer_finds_nothing(case):
    stranger = sign_in(MembershipFactory(handler=True).user)
    assert stranger.post(reverse("employer:application-split", args=[case.id])).status_code == 404


def test_a_part_that_needs_a_proof_more_is_a_draft_and_says_so():
    now = timezone.now() - dt.timedelta(hours=1)
    employer = make.an_employer()
    entries = make.people(employer, 5)
    make.insurance_list(employer, entries, month=local_date(now).replace(day=1), at=now)
    made = make.application("first_review", employer=employer, entries=entries, has_list=False, at=now)
    marked = ApplicationMember.objects.filter(application=made.id).order_by("pk").first()
    enrolment.return_for_correction(
        application_id=made.id, reason_codes=[], reason="请核对", member_ids=[marked.pk], by=make.registrar(), at=now
    )
    client = sign_in(MembershipFactory(employer=employer, handler=True).user)
    page = client.post(reverse("employer:application-split", args=[made.id]), follow=True).content.decode()
    assert "单独参保还缺材料" in page
