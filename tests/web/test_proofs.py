"""Proofs between both sides of the counter: the reviewer's word at each slot, told to the employer where it is mended."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.enrolment.models import ProofVerdict
from tests.factories import enrolment as make
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import MembershipFactory
from tests.factories.enrolment import NOON

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def registrar() -> Client:
    return sign_in(StaffPostFactory(branch=make.city(), registrar=True).user)


@pytest.fixture
def case() -> make.Case:
    return make.application("first_review", people_count=3)


@pytest.fixture
def slot(case):
    slot = case.application.proof_slots.create(kind="dispatch_proof", person_count=2)
    slot.files.create(file_id=make.stored_file(case.employer, kind="proof").pk, added_at=NOON)
    return slot


def judge(client: Client, slot, **data):
    return client.post(reverse("office:review-proof", args=[slot.pk]), data, follow=True)


def test_a_refused_proof_is_told_where_it_is_mended(registrar, case, slot):
    page = judge(registrar, slot, act="refuse", reason_code="not_sealed", reason="请派遣单位盖章").content.decode()
    assert "未盖公章或未签名：请派遣单位盖章" in page
    assert "劳务派遣人员证明：请派遣单位盖章" in page  # the words of the return are begun
    assert "此时只能退回" in page

    registrar.post(
        reverse("office:review-return", args=[case.id]), {"reason": "材料不合要求", "codes": ["proof_wrong"]}
    )

    clerk = sign_in(MembershipFactory(employer=case.employer, handler=True).user)
    clerk.get(reverse("employer:application-edit", args=[case.id]))
    slot.refresh_from_db()
    slot.is_needed = True
    slot.save()
    proofs = clerk.get(reverse("employer:wizard-proofs", args=[case.id])).content.decode()
    assert "互助会初审未认可这项材料，请重新上传" in proofs or "不再需要" in proofs
    assert "未盖公章或未签名：请派遣单位盖章" in proofs


def test_an_accepted_proof_shows_by_whom(registrar, slot):
    page = judge(registrar, slot, act="accept").content.decode()
    assert "已认可" in page
    assert ProofVerdict.objects.get().is_accepted


def test_what_is_missing_is_told_and_what_was_typed_stays(registrar, slot):
    answer = judge(registrar, slot, act="refuse", reason_code="", reason="看不清")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请选择不认可的原因" in page
    assert 'value="看不清"' in page
    assert not ProofVerdict.objects.exists()


def test_somebody_elses_slot_is_not_there(slot):
    other = sign_in(StaffPostFactory(branch=make.an_employer(branch=make.BranchFactory()).branch, registrar=True).user)
    assert judge(other, slot, act="accept").status_code == 404
