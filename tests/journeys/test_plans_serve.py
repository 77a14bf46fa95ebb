"""A new version or the end of a sale takes nothing from who enrolled before: price, cover, renewal and papers stay as they were."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from huzhu.billing.models import PaymentSlip, SocietyAccount
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.start_cover import start_cover
from huzhu.plans import operations as plans
from huzhu.plans.models import PlanVersion
from huzhu.policies.models import Policy
from tests.factories import enrolment as make
from tests.factories.accounts import StaffPostFactory, office_actor
from tests.factories.employers import MembershipFactory
from tests.factories.plans import drafted, priced, published, version

pytestmark = pytest.mark.django_db
TOMORROW_NOON = make.NOON + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def payee():
    SocietyAccount.objects.create(
        number="3602000109200123456", bank="icbc", bank_name="工商银行", holder="互助会", is_payee=True
    )


@pytest.fixture
def managers():
    return [office_actor(StaffPostFactory(branch=make.province(), product_manager=True)) for _ in range(2)]


def dearer(managers) -> PlanVersion:
    """The next version of HOSP25 at 120 yuan, on sale from tomorrow."""
    by, second = managers
    return published(
        "HOSP25",
        by=by,
        second=second,
        at=make.NOON,
        valid_from=make.TOMORROW,
        contribution_amount=Decimal(120),
        cases=priced(version("HOSP25").cases, 120),
    )


def close(managers) -> None:
    plans.close(version_id=version("HOSP25").pk, reason="停办", by=managers[0], at=make.NOON)


def settle(case, at=TOMORROW_NOON):
    approve_enrolment(application_id=case.id, by=make.reviewer(), at=at)
    slip = PaymentSlip.objects.get(application=case.application)
    start_cover(application_id=case.id, arrival_on=at.date(), by=make.cashier(), at=at)
    return slip


def test_an_application_under_way_keeps_its_price(managers):
    case = make.application("second_review")
    dearer(managers)
    assert settle(case).amount == Decimal("190.00")
    policy = Policy.objects.get()
    assert policy.plan_version == version("HOSP25")
    assert {cover.contribution_amount for cover in Cover.objects.all()} == {Decimal("95.00")}


def test_a_new_application_has_the_new_price(managers):
    newer = dearer(managers)
    employer = make.an_employer()
    by = make.handler(employer)
    draft = enrolment.create_draft(employer_id=employer.pk, by=by, at=TOMORROW_NOON)
    enrolment.set_plans(application_id=draft.pk, choices=[(newer.pk, 1)], by=by, at=TOMORROW_NOON)
    with pytest.raises(enrolment.PlansRefused, match="已有新版本（第2版）"):
        enrolment.set_plans(application_id=draft.pk, choices=[(version("HOSP25").pk, 1)], by=by, at=TOMORROW_NOON)


def test_one_not_yet_submitted_is_told_to_choose_again(managers):
    case = make.application()
    dearer(managers)
    missing = queries.get_missing(application=case.application, day=make.TOMORROW)
    assert [(each.kind, each.step) for each in missing if each.kind == "not_on_sale"] == [("not_on_sale", "plans")]
    assert "已有新版本" in next(each.text for each in missing if each.kind == "not_on_sale")


def test_a_closed_plan_still_issues_what_was_submitted(managers):
    case = make.application("second_review")
    close(managers)
    settle(case)
    assert Policy.objects.get().plan_version == version("HOSP25")
    assert Cover.objects.count() == 2


def test_cover_of_a_closed_plan_is_renewed_in_its_successor():
    employer = make.an_employer()
    entries = make.people(employer, 1)
    assert version("HOSP06").state == "closed"
    make.cover_of(entries[0], version("HOSP06"), start=dt.date(2024, 8, 12), end=make.TOMORROW)
    case = make.application(employer=employer, entries=entries)
    assert case.application.members.get().planned_class == "renewal"


def test_cover_of_the_version_before_is_renewed_in_the_next(managers):
    newer = dearer(managers)
    employer = make.an_employer()
    entries, by = make.people(employer, 1), make.handler(employer)
    end = make.TOMORROW + dt.timedelta(days=1)
    make.cover_of(entries[0], version("HOSP25"), start=dt.date(2024, 8, 13), end=end)
    draft = enrolment.create_draft(employer_id=employer.pk, by=by, at=TOMORROW_NOON)
    enrolment.set_plans(application_id=draft.pk, choices=[(newer.pk, 1)], by=by, at=TOMORROW_NOON)
    enrolment.add_from_roster(
        application_id=draft.pk, entry_ids=[entry.pk for entry in entries], by=by, at=TOMORROW_NOON
    )
    enrolment.run_precheck(application_id=draft.pk, by=by, at=TOMORROW_NOON)
    member = draft.members.get()
    assert (member.planned_class, member.planned_start, member.contribution_amount) == ("renewal", end, 120)


def test_a_draft_in_another_exclusive_group_changes_nobodys_chain(managers):
    """A draft is nobody's business: what it says of exclusive groups counts once it is published."""
    drafted("ACC25", by=managers[0], at=make.NOON, exclusive_group="CI25")
    employer = make.an_employer()
    entries = make.people(employer, 1)
    make.cover_of(entries[0], version("ACC25"), start=dt.date(2024, 8, 12), end=make.TOMORROW)
    case = make.application(employer=employer, entries=entries, choices=[("CI25-A", 1)])
    assert case.application.members.get().planned_class == "first"


def test_a_plan_that_is_not_open_where_the_employer_is_stops_submitting(managers):
    case = make.application()
    plans.set_window(
        version_id=version("HOSP25").pk,
        branch_id=make.city().pk,
        kind="none",
        opens_on=None,
        closes_on=None,
        effective_from=make.TODAY,
        reason="试点",
        by=managers[0],
        at=make.NOON,
    )
    with pytest.raises(enrolment.SubmitRefused) as refusal:
        enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
    assert "佛山代办处目前不开放参保" in next(each.text for each in refusal.value.missing if each.kind == "not_on_sale")


def test_a_proof_shows_what_the_chosen_version_wants(client):
    version("HOSP25", proofs={"dispatch_proof": "派遣协议首页和盖章页"})
    employer = make.an_employer()
    post = MembershipFactory(employer=employer, handler=True)
    entries = make.people(employer, 1)
    case = make.application(employer=employer, entries=[*entries, *make.people(employer, 1)], has_list=False)
    enrolment.attach_insurance_roster(
        application_id=case.id,
        insurance_roster_id=make.insurance_list(employer, entries).pk,
        by=make.handler(employer),
        at=make.NOON,
    )
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(make.NOON, tick=False):
        page = client.get(reverse("employer:wizard-proofs", args=[case.id])).content.decode()
    assert "派遣协议首页和盖章页" in page
