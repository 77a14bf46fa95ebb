"""注册 through the pages: proving the mobile, the form, return and correction, joining, the registrar's desk."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from huzhu.documents.models import StoredFile
from huzhu.employers.models import Employer, JoinRequest, Membership, Registration
from huzhu.notifications.models import SmsMessage
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import (
    EmployerFactory,
    RegistrationFactory,
    credit_code,
    picture,
    resident_number,
)
from tests.web.queries import count_queries

MOBILE = "13800138000"
pytestmark = pytest.mark.django_db


def prove(client, page, mobile=MOBILE):
    """Ask for a code and type it in."""
    assert client.post(reverse(f"public:{page}-code"), {"mobile": mobile}).status_code == 200
    code = re.search(r"验证码(\d{6})", SmsMessage.objects.filter(mobile=mobile).latest("id").body)[1]
    answer = client.post(reverse(f"public:{page}"), {"mobile": mobile, "code": code})
    assert answer.status_code == 302
    return answer


def filled(**changes) -> dict:
    values = {
        "credit_code": credit_code(77),
        "name": "广州市越秀区明光机械有限公司",
        "kind": "enterprise",
        "address": "广州市越秀区东风中路1号",
        "headcount": "120",
        "women_headcount": "50",
        "legal_representative": "王建国",
        "legal_document_type": "resident_id",
        "legal_document": resident_number(),
        "handler_name": "李经办",
        "certificate": picture(),
    } | changes
    if "branch" not in values:
        values["branch"] = BranchFactory().pk
    return {key: value for key, value in values.items() if value is not None}


class TestForm:
    def test_from_mobile_to_a_waiting_registration(self, client):
        prove(client, "register")
        answer = client.post(reverse("public:register"), filled(), follow=True)

        registration = Registration.objects.get()
        assert registration.handler_mobile == MOBILE
        assert StoredFile.objects.get(pk=registration.certificate_id).media_type == "image/jpeg"
        assert "待审核" in answer.content.decode()
        assert answer.redirect_chain[-1][0] == reverse("public:progress-registration", args=[registration.pk])

    def test_the_form_opens_only_after_the_mobile_is_proven(self, client):
        assert "获取验证码" in client.get(reverse("public:register")).content.decode()
        answer = client.post(reverse("public:register"), filled())
        assert answer.status_code == 422
        assert not Registration.objects.exists()

    def test_a_wrong_code_opens_nothing(self, client):
        client.post(reverse("public:register-code"), {"mobile": MOBILE})
        answer = client.post(reverse("public:register"), {"mobile": MOBILE, "code": "abc"})
        assert answer.status_code == 422
        assert "验证码不正确" in answer.content.decode()
        assert MOBILE in answer.content.decode()

    def test_a_refusal_keeps_what_was_typed_and_the_file(self, client):
        prove(client, "register")
        answer = client.post(
            reverse("public:register"), filled(credit_code="914401MA5CNF2E61", women_headcount="500", address="")
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "女职工人数" in page
        assert "广州市越秀区明光机械有限公司" in page
        assert "certificate.jpg" in page

        again = client.post(reverse("public:register"), filled(certificate=None))
        assert again.status_code == 302

    def test_names_every_wrong_field_in_one_go(self, client):
        prove(client, "register")
        page = client.post(
            reverse("public:register"), filled(credit_code="1234", women_headcount="500", handler_name="李3")
        ).content.decode()
        for words in ("应为 18 位", "女职工人数不能多于", "数字"):
            assert words in page

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "格式不支持"),
            ("a.jpg", b"%PDF-1.7 no picture", "无法打开"),
            ("a.pdf", b"GIF89a", "不是有效的 PDF"),
        ],
    )
    def test_files_that_are_no_pictures_are_refused_with_the_reason(self, client, name, content, words):
        from django.core.files.uploadedfile import SimpleUploadedFile

        prove(client, "register")
        answer = client.post(reverse("public:register"), filled(certificate=SimpleUploadedFile(name, content)))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Registration.objects.exists()

    def test_a_missing_certificate_is_asked_for(self, client):
        prove(client, "register")
        answer = client.post(reverse("public:register"), filled(certificate=None))
        assert "请上传统一社会信用代码证" in answer.content.decode()

    @pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\x00", "9" * 5000, "'; drop table --"])
    def test_hostile_text_gets_words_not_a_fault(self, client, hostile):
        prove(client, "register")
        values = {key: hostile for key in filled() if key != "certificate"}
        answer = client.post(reverse("public:register"), values)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.content.decode()


class TestSecondRegistration:
    def test_is_offered_to_join_and_loses_nothing(self, client):
        employer = EmployerFactory()
        prove(client, "register")
        answer = client.post(reverse("public:register"), filled(credit_code=employer.credit_code))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "申请加入" in page
        assert employer.name in page
        assert "东风中路" in page

        asked = client.post(
            reverse("public:join"), {"credit_code": employer.credit_code, "name": "李经办"}, follow=True
        )
        assert JoinRequest.objects.get().employer == employer
        assert "待确认" in asked.content.decode()

    def test_a_stranger_learns_nothing_about_employers(self, client):
        employer = EmployerFactory()
        answer = client.post(reverse("public:join"), {"credit_code": employer.credit_code, "name": "李经办"})
        assert employer.name not in answer.content.decode()
        assert not JoinRequest.objects.exists()


class TestProgress:
    def test_shows_the_reason_at_each_field_and_takes_the_correction(self, client):
        registration = RegistrationFactory(returned=True, handler_mobile=MOBILE)
        prove(client, "progress")
        address = reverse("public:progress-registration", args=[registration.pk])
        assert "与证书不一致" in client.get(address).content.decode()

        corrected = filled(credit_code=registration.credit_code, name="佛山市纺织有限公司", legal_document="")
        answer = client.post(address, corrected, follow=True)
        registration.refresh_from_db()
        assert (registration.state, registration.name, registration.round) == ("pending", "佛山市纺织有限公司", 2)
        assert "已重新提交" in answer.content.decode()

    def test_a_refused_correction_keeps_what_was_typed(self, client):
        registration = RegistrationFactory(returned=True, handler_mobile=MOBILE)
        prove(client, "progress")
        address = reverse("public:progress-registration", args=[registration.pk])
        answer = client.post(address, filled(name="佛山市纺织有限公司", headcount="0"))
        assert answer.status_code == 422
        assert "佛山市纺织有限公司" in answer.content.decode()
        assert "与证书不一致" in answer.content.decode()

    def test_of_somebody_else_is_not_found(self, client):
        registration = RegistrationFactory()
        prove(client, "progress")
        assert client.get(reverse("public:progress-registration", args=[registration.pk])).status_code == 404

    def test_without_a_proven_mobile_leads_to_the_proof(self, client):
        registration = RegistrationFactory()
        answer = client.get(reverse("public:progress-registration", args=[registration.pk]))
        assert answer.url == reverse("public:progress")

    def test_the_certificate_opens_for_its_applicant_only(self, client):
        prove(client, "register")
        client.post(reverse("public:register"), filled())
        address = reverse("public:certificate", args=[Registration.objects.get().certificate_id])
        assert client.get(address).headers["Content-Type"] == "image/jpeg"
        client.cookies.clear()
        assert client.get(address).status_code == 404


class TestDesk:
    @pytest.fixture
    def registration(self, client):
        prove(client, "register")
        client.post(reverse("public:register"), filled())
        return Registration.objects.select_related("branch").get()

    @pytest.fixture
    def registrar(self, client, registration):
        post = StaffPostFactory(branch=registration.branch)
        client.force_login(post.user)
        return post

    def url(self, registration, act=""):
        return reverse(f"office:registration{act}", args=[registration.pk])

    def test_the_list_shows_what_waits(self, client, registrar, registration):
        page = client.get(reverse("office:registrations")).content.decode()
        assert registration.name in page
        assert MOBILE not in page

    def test_the_list_takes_the_same_number_of_queries_for_two_and_for_twenty(self, client, registrar, registration):
        few = count_queries(lambda: client.get(reverse("office:registrations")))
        RegistrationFactory.create_batch(20, branch=registration.branch)
        assert count_queries(lambda: client.get(reverse("office:registrations"))) == few

    def test_the_record_shows_facts_and_lookalikes_with_numbers_hidden(self, client, registrar, registration):
        close = EmployerFactory(name="广州市越秀区明光机械厂", branch=registration.branch)
        page = client.get(self.url(registration)).content.decode()
        assert close.name in page
        assert registration.legal_document_masked in page
        assert MOBILE not in page
        assert resident_number() not in page

    def test_a_full_number_is_shown_on_request(self, client, registrar, registration):
        answer = client.post(
            reverse("office:registration-reveal", args=[registration.pk, "handler_mobile"]),
            {"reason": "contact"},
            headers={"HX-Request": "true"},
        )
        assert MOBILE in answer.content.decode()

    def test_approval_opens_the_account(self, client, registrar, registration):
        answer = client.post(self.url(registration, "-approve"), {"round": 1}, follow=True)
        assert "已开通" in answer.content.decode()
        assert Employer.objects.get().credit_code == registration.credit_code
        assert Membership.objects.get().user.login_name == MOBILE

    def test_a_second_decision_is_told_that_it_comes_too_late(self, client, registrar, registration):
        client.post(self.url(registration, "-approve"), {"round": 1})
        answer = client.post(self.url(registration, "-reject"), {"round": 1, "reason": "重复"}, follow=True)
        assert "可能已有人先处理" in answer.content.decode()

    def test_a_return_needs_a_reason_and_keeps_what_was_typed(self, client, registrar, registration):
        assert client.post(self.url(registration, "-return"), {"round": 1}).status_code == 422
        client.post(self.url(registration, "-return"), {"round": 1, "reason_name": "请填写全称"})
        registration.refresh_from_db()
        assert registration.field_reasons == {"name": "请填写全称"}

    def test_a_rejection_needs_a_reason(self, client, registrar, registration):
        answer = client.post(self.url(registration, "-reject"), {"round": 1, "reason": " "}, follow=True)
        assert "原因" in answer.content.decode()
        registration.refresh_from_db()
        assert registration.state == "pending"

    def test_staff_of_another_branch_find_nothing(self, client, registration):
        client.force_login(StaffPostFactory().user)
        assert registration.name not in client.get(reverse("office:registrations")).content.decode()
        for act in ("-approve", "-return", "-reject"):
            assert client.post(self.url(registration, act), {"round": 1, "reason": "x"}).status_code == 404
        assert client.get(self.url(registration)).status_code == 404
