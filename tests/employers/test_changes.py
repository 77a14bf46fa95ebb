"""单位基本信息维护: only what differs is reviewed, the old facts hold until then, and every day can be asked about."""

from __future__ import annotations

import importlib
import threading
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection, connections

from huzhu.audit.models import AuditEvent
from huzhu.employers import operations, permissions, queries, rules
from huzhu.employers.models import ChangeRequest, Employer, EmployerVersion
from huzhu.notifications.models import SmsMessage
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, StaffPostFactory, office_actor
from tests.factories.employers import (
    EmployerFactory,
    MembershipFactory,
    credit_code,
    employer_actor,
    entry,
    resident_number,
)

LATER = NOON + timedelta(days=3)
SAME = "credit_code name kind legal_representative legal_document_type address headcount women_headcount"


def wanted(employer: Employer, **changes: object) -> operations.Wanted:
    """The employer's facts as they are, but for these."""
    values = {field: getattr(employer, field) for field in SAME.split()} | {"legal_document": ""}
    values["legal_document_type"] = values["legal_document_type"] or "resident_id"
    return operations.Wanted(**values | changes)


@pytest.fixture
def owner(db):
    membership = MembershipFactory(employer__legal_document_type="resident_id")
    operations.versions.begin_version(membership.employer, at=NOON - timedelta(days=100))
    return membership


def ask(owner, *, by=None, **changes):
    return operations.request_change(
        employer_id=owner.employer_id,
        wanted=wanted(owner.employer, **changes),
        by=by or employer_actor(owner),
        at=NOON,
    )


def approve(request, *, post=None, round=1, at=LATER):
    post = post or StaffPostFactory(branch=request.employer.branch)
    return operations.approve_change(change_id=request.pk, round=round, by=office_actor(post), at=at)


class TestAsking:
    def test_keeps_only_what_differs_and_changes_nothing_yet(self, owner):
        request = ask(owner, address="广州市天河区体育西路9号", headcount=130)
        owner.employer.refresh_from_db()
        assert request.changes == {
            "address": ["广州市越秀区东风中路1号", "广州市天河区体育西路9号"],
            "headcount": [100, 130],
        }
        assert owner.employer.headcount == 100

    def test_what_stands_on_the_certificate_needs_its_new_image(self, owner):
        with pytest.raises(operations.EntryRefused) as refused:
            ask(owner, name="广州市新明光机械有限公司")
        assert set(refused.value.problems) == {"certificate"}
        assert ask(owner, name="广州市新明光机械有限公司", certificate_id=uuid.uuid4())

    def test_nothing_different_is_no_change(self, owner):
        with pytest.raises(operations.EntryRefused, match="没有需要变更"):
            ask(owner)

    def test_every_bad_field_is_named_at_once(self, owner):
        with pytest.raises(operations.EntryRefused) as refused:
            ask(owner, name="短", address="x", headcount=0, credit_code="12")
        assert set(refused.value.problems) == {"name", "address", "headcount", "women_headcount", "credit_code"}

    def test_one_at_a_time_and_by_owner_or_handler_only(self, owner):
        viewer = MembershipFactory(employer=owner.employer, viewer=True)
        for by in (viewer, MembershipFactory()):
            with pytest.raises(permissions.NotPermitted):
                ask(owner, by=employer_actor(by), headcount=130)
        ask(owner, headcount=130)
        with pytest.raises(TransitionNotAllowed):
            ask(owner, headcount=140)

    def test_a_new_document_is_sealed_and_the_same_one_no_change(self, owner):
        number = resident_number("44010619800101123")
        request = ask(owner, legal_document=number)
        assert number not in str(request.changes)
        approve(request)
        owner.employer.refresh_from_db()
        assert owner.employer.legal_document_masked == request.legal_document_masked
        with pytest.raises(operations.EntryRefused, match="没有需要变更"):
            ask(owner, legal_document=number)

    def test_a_code_of_somebody_else_is_refused(self, owner):
        other = EmployerFactory()
        with pytest.raises(operations.EntryRefused, match="另一单位"):
            ask(owner, credit_code=other.credit_code, certificate_id=uuid.uuid4())


class TestDeciding:
    def test_an_approved_change_holds_from_today_and_yesterday_keeps_its_name(self, owner):
        old = owner.employer.name
        request = ask(owner, name="广州市新明光机械有限公司", certificate_id=uuid.uuid4())
        approve(request)
        owner.employer.refresh_from_db()
        assert owner.employer.name == "广州市新明光机械有限公司"
        assert owner.employer.name_bigrams == rules.bigrams("广州市新明光机械有限公司")
        names = {
            day: queries.get_version_on(employer=owner.employer, day=day).facts["name"]
            for day in (date(2026, 11, 25), date(2026, 11, 26))
        }
        assert names == {date(2026, 11, 25): old, date(2026, 11, 26): "广州市新明光机械有限公司"}
        assert "自今日起生效" in SmsMessage.objects.get(template="change_approved").body
        assert AuditEvent.objects.get(event="employers.change").changes == {"name": [old, "广州市新明光机械有限公司"]}

    def test_a_return_names_the_changed_fields_only_and_is_mended(self, owner):
        request, post = ask(owner, headcount=130), StaffPostFactory(branch=owner.employer.branch)
        with pytest.raises(operations.EntryRefused, match="至少在一个"):
            operations.send_back_change(
                change_id=request.pk,
                round=1,
                field_reasons={"address": "不在变更项目内"},
                by=office_actor(post),
                at=LATER,
            )
        operations.send_back_change(
            change_id=request.pk,
            round=1,
            field_reasons={"headcount": "与社保人数不符"},
            by=office_actor(post),
            at=LATER,
        )
        operations.resubmit_change(
            change_id=request.pk, wanted=wanted(owner.employer, headcount=120), by=employer_actor(owner), at=LATER
        )
        with pytest.raises(TransitionNotAllowed):
            approve(request, post=post, round=1)
        assert approve(request, post=post, round=2).headcount == 120

    def test_nobody_decides_on_the_own_change(self, owner):
        request = ask(owner, headcount=130)
        post = StaffPostFactory()  # another branch: staff of the own subtree cannot be members at all
        post.user.mobile = owner.user.mobile
        post.user.save()
        with pytest.raises(permissions.NotPermitted):
            approve(request, post=post)
        with pytest.raises(permissions.NotPermitted, match="受理员"):
            approve(request, post=StaffPostFactory(branch=owner.employer.branch, auditor=True))

    def test_the_code_is_judged_again_when_it_is_approved(self, owner):
        request = ask(owner, credit_code=credit_code(88), certificate_id=uuid.uuid4())
        EmployerFactory(credit_code=credit_code(88))
        with pytest.raises(operations.EntryRefused, match="另一单位"):
            approve(request)

    def test_a_hand_over_begins_a_version_too(self, owner):
        owner.employer.handler_mobile = owner.user.mobile
        owner.employer.save()
        other = MembershipFactory(employer=owner.employer)
        offered = operations.offer_hand_over(
            employer_id=owner.employer_id,
            mobile=other.user.mobile,
            name="陈小玲",
            former_leaves=False,
            by=employer_actor(owner),
            at=NOON,
        )
        operations.take_over(hand_over_id=offered.pk, by=employer_actor(other), at=LATER)
        assert queries.get_version_on(employer=owner.employer, day=LATER.date()).facts["handler_name"] == "陈小玲"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("11440000455852007A", "state_organ"),
        ("12440000455852007A", "public_institution"),
        ("91440100MA5TERT07K", "enterprise"),
        ("81440300MJ0A1B2C5B", "trade_union"),
        ("52", "private_non_enterprise"),
        ("ZZ", ""),
    ],
)
def test_the_prefix_of_the_credit_code_tells_the_kind(code, kind):
    assert rules.kind_of(code) == kind


@pytest.mark.django_db
def test_an_empty_kind_follows_from_the_code_at_registration():
    from tests.factories.accounts import applicant

    assert operations.register(entry=entry(kind=""), by=applicant(), at=NOON).kind == "enterprise"


@pytest.mark.django_db
def test_the_migration_gives_everybody_a_first_version():
    employer = EmployerFactory()
    first = importlib.import_module("huzhu.employers.migrations.0006_first_versions").FIRST_VERSIONS
    branches = importlib.import_module("huzhu.employers.migrations.0009_branch_in_versions").BRANCHES
    for sql in (first, branches) * 2:
        connection.cursor().execute(sql)
    version = EmployerVersion.objects.get(employer=employer)
    assert (version.since, version.until) == (date(2026, 11, 23), None)
    assert version.facts == operations.versions.get_facts(employer)


class TestRace:
    """On a database of its own: two registrars approve the same change, and the employer asks twice."""

    def test_a_change_is_approved_once_and_asked_once(self, own_database):
        owner = MembershipFactory(employer__legal_document_type="resident_id")
        operations.versions.begin_version(owner.employer, at=NOON - timedelta(days=9))
        self._press([lambda: ask(owner, headcount=130)] * 4)
        request = ChangeRequest.objects.get()
        posts = [StaffPostFactory(branch=owner.employer.branch) for _ in range(2)]
        self._press([lambda post=post: approve(request, post=post) for post in posts])
        assert EmployerVersion.objects.filter(employer=owner.employer).count() == 2
        assert AuditEvent.objects.filter(event="employers.change").count() == 1

    @staticmethod
    def _press(acts):
        def press(act):
            try:
                act()
            except TransitionNotAllowed:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=press, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
