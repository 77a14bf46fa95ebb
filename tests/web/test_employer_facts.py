"""单位基本信息维护 through the pages: the employer asks, the registrar sees old and new side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.employers.models import ChangeRequest
from huzhu.employers.operations import versions
from tests.factories.accounts import NOON, StaffPostFactory
from tests.factories.employers import (
    ChangeRequestFactory,
    MembershipFactory,
    RegistrationFactory,
    picture,
    resident_number,
)
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    membership = MembershipFactory(employer__legal_document_type="resident_id")
    versions.begin_version(membership.employer, at=NOON - timedelta(days=100))
    client.force_login(membership.user)
    return membership


def typed(employer, **changes) -> dict[str, object]:
    fields = "credit_code name kind address headcount women_headcount legal_representative legal_document_type"
    return {field: getattr(employer, field) for field in fields.split()} | {"legal_document": "", "note": ""} | changes


def test_the_form_begins_with_what_is_in_force_and_a_change_waits_beside_it(client, owner):
    address = reverse("employer:profile-change")
    assert f'value="{owner.employer.name}"' in client.get(address).content.decode()
    assert client.post(address, typed(owner.employer, headcount=130)).status_code == 302
    page = client.get(reverse("employer:profile")).content.decode()
    assert "130 人" in page
    assert "100 人" in page
    assert client.get(address).status_code == 302  # one at a time


def test_what_was_typed_stays_when_the_certificate_is_missing(client, owner):
    answer = client.post(reverse("employer:profile-change"), typed(owner.employer, name="广州市新明光机械有限公司"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="广州市新明光机械有限公司"' in page
    assert "请上传变更后的统一社会信用代码证影像" in page


def test_the_registrar_sees_only_what_differs_returns_it_and_approves_the_mended_one(client, owner):
    employer = owner.employer
    number = resident_number("44010619800101123")
    given = typed(employer, name="广州市新明光机械有限公司", legal_document=number) | {"certificate": picture()}
    client.post(reverse("employer:profile-change"), given)
    change = ChangeRequest.objects.get()
    registrar = StaffPostFactory(branch=employer.branch)
    client.force_login(registrar.user)
    assert employer.name in client.get(reverse("office:changes")).content.decode()
    page = client.get(reverse("office:change", args=[change.pk])).content.decode()
    assert "广州市新明光机械有限公司" in page
    assert number not in page
    assert employer.address not in page
    assert (
        number
        in client.post(
            reverse("office:change-reveal", args=[change.pk]), {"reason": "check"}, headers={"HX-Request": "true"}
        ).content.decode()
    )
    assert AuditEvent.objects.filter(event="change_request.reveal").count() == 1
    assert client.get(reverse("office:change-certificate", args=[change.pk])).status_code == 200
    back = reverse("office:change-return", args=[change.pk])
    assert client.post(back, {"round": 1, "reason": ""}).status_code == 422
    client.post(back, {"round": 1, "reason_name": "与证书不一致", "reason": ""})

    client.force_login(owner.user)
    mend = reverse("employer:profile-change")
    assert "与证书不一致" in client.get(mend).content.decode()
    client.post(mend, typed(employer, name="广州市明光新机械有限公司"))
    client.force_login(registrar.user)
    client.post(reverse("office:change-approve", args=[change.pk]), {"round": 2})
    employer.refresh_from_db()
    assert employer.name == "广州市明光新机械有限公司"


def test_a_change_is_withdrawn_or_refused(client, owner):
    first = ChangeRequestFactory(employer=owner.employer)
    client.post(reverse("employer:change-withdraw", args=[first.pk]))
    second = ChangeRequestFactory(employer=owner.employer)
    client.force_login(StaffPostFactory(branch=owner.employer.branch).user)
    address = reverse("office:change-reject", args=[second.pk])
    assert "请写明" in client.post(address, {"round": 1, "reason": ""}, follow=True).content.decode()
    client.post(address, {"round": 1, "reason": "证据不足"})
    states = list(ChangeRequest.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["withdrawn", "rejected"]


def test_changes_of_others_are_not_found(client, owner):
    foreign = ChangeRequestFactory()
    assert client.post(reverse("employer:change-withdraw", args=[foreign.pk])).status_code == 404
    client.force_login(StaffPostFactory().user)
    for page in ("change", "change-certificate"):
        assert client.get(reverse(f"office:{page}", args=[foreign.pk])).status_code == 404
    for act in ("approve", "return", "reject", "reveal"):
        assert client.post(reverse(f"office:change-{act}", args=[foreign.pk]), {"round": 1}).status_code == 404


def test_a_kind_that_contradicts_the_code_is_pointed_out_to_the_registrar(client):
    registration = RegistrationFactory(kind="public_institution")
    client.force_login(StaffPostFactory(branch=registration.branch).user)
    page = client.get(reverse("office:registration", args=[registration.pk])).content.decode()
    assert "单位性质与信用代码前两位不一致" in page


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_twenty(client):
    post = StaffPostFactory()
    client.force_login(post.user)
    ChangeRequestFactory(employer__branch=post.branch)
    few = count_queries(lambda: client.get(reverse("office:changes")))
    ChangeRequestFactory.create_batch(20, employer__branch=post.branch)
    assert count_queries(lambda: client.get(reverse("office:changes"))) == few
