"""Global search: each way to find something, nothing of anybody else, no words in addresses, always as many queries."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from huzhu.billing.models import PaymentSlip
from huzhu.cover.models import CoverState
from huzhu.employers.models import Employer, Membership
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.policies.models import Policy
from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.shared.actors import Actor
from huzhu.shared.numbering import make_number
from huzhu.web import search
from tests.factories.accounts import BranchFactory, StaffPostFactory, office_actor
from tests.factories.billing import NOON, plan_version, society_account
from tests.factories.employers import EmployerFactory, MembershipFactory, RegistrationFactory, employer_actor
from tests.factories.roster import RosterEntryFactory, WorkerDocumentFactory, WorkerFactory

pytestmark = pytest.mark.django_db
NUMBER = "110101199003078936"
_serials = itertools.count(5)


@pytest.fixture
def membership() -> Membership:
    return MembershipFactory(employer__name="广州明光机械有限公司", employer__name_initials="gzmgjxyxgs")


@pytest.fixture
def clerk(membership: Membership) -> Actor:
    return employer_actor(membership)


@pytest.fixture
def registrar(membership: Membership) -> Actor:
    return office_actor(StaffPostFactory(registrar=True, branch=membership.employer.branch))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def found(by: Actor, text: str, *, near: str = "") -> dict[str, list[str]]:
    """The titles of what is found, by the title of their group."""
    answer = search.search(by=by, words=search.read(text, near=near))
    return {group.title: [hit.title for hit in group.hits] for group in answer.groups}


def person(employer: Employer, name: str, number: str = "", **changes):
    if number:
        changes["document"] = WorkerDocumentFactory(number=number)
    return RosterEntryFactory(employer=employer, name=name, **changes)


def application_of(employer: Employer, *, submissions: int = 1) -> EnrolmentApplication:
    return EnrolmentApplication.objects.create(
        number=make_number("SQ", dt.date(2025, 8, 1), next(_serials)),
        employer=employer,
        created_at=NOON,
        created_by_person="13800000001",
        submission_count=submissions,
    )


def slip_of(employer: Employer, sequence: int = 12) -> PaymentSlip:
    return PaymentSlip.objects.create(
        number=make_number("JK", dt.date(2025, 8, 11), sequence),
        application=application_of(employer),
        employer=employer,
        amount=Decimal("950.00"),
        issued_at=NOON,
        due_on=dt.date(2025, 8, 26),
        payee_account=society_account(),
    )


def policy_of(employer: Employer, sequence: int = 7) -> Policy:
    version = plan_version()
    return Policy.objects.create(
        number=make_number("BD", dt.date(2025, 9, 1), sequence),
        employer=employer,
        application=application_of(employer),
        plan=version.plan,
        plan_version=version,
        share_count=1,
        member_count=30,
        contribution_amount=Decimal("2850.00"),
        coverage_start=dt.date(2025, 9, 1),
        coverage_end=dt.date(2026, 9, 1),
        issued_at=NOON,
        verify_code=uuid.uuid4().hex[:24],
    )


def receipt_of(employer: Employer, number: str = "0000001234") -> EReceipt:
    request = ReceiptRequest.objects.create(
        number=f"KP{uuid.uuid4().hex[:12].upper()}",
        employer=employer,
        title=employer.name,
        amount=Decimal("2850.00"),
        requested_at=NOON,
        requested_by_person="13800000001",
    )
    return EReceipt.objects.create(
        request=request,
        employer=employer,
        receipt_code="44010125",
        receipt_number=number,
        check_code="a1b2c3",
        amount=Decimal("2850.00"),
        issued_on=dt.date(2025, 9, 2),
        issued_at=NOON,
        issuer_name="财务甲",
        reviewer_name="财务乙",
        document_id=uuid.uuid4(),
    )


class TestPeopleOfAnEmployer:
    @pytest.mark.parametrize(
        "text", ["曾小贤", "小贤", "曾", "zxx", "ZXX", "zx", NUMBER, f" {NUMBER[:6]} {NUMBER[6:]} "]
    )
    def test_by_name_initials_or_number(self, clerk, membership, text):
        person(membership.employer, "曾小贤", NUMBER)
        person(membership.employer, "胡一菲")
        assert found(clerk, text)["职工"] == ["曾小贤"]

    def test_a_part_of_a_number_finds_nobody(self, clerk, membership):
        person(membership.employer, "曾小贤", NUMBER)
        assert "职工" not in found(clerk, NUMBER[-6:])

    def test_numbers_are_shown_masked(self, clerk, membership):
        person(membership.employer, "曾小贤", NUMBER)
        (group,) = search.search(by=clerk, words=search.read(NUMBER)).groups
        assert "1101**********8936" in group.hits[0].note
        assert NUMBER not in repr(group)

    def test_people_of_others_are_never_found(self, clerk):
        person(EmployerFactory(), "曾小贤", NUMBER)
        for text in ("曾小贤", "zxx", NUMBER):
            assert found(clerk, text) == {}

    def test_the_twin_without_the_wall_finds_them(self, clerk, monkeypatch):
        person(EmployerFactory(), "曾小贤", NUMBER)
        monkeypatch.setattr("huzhu.roster.models.RosterEntryQuerySet.visible_to", lambda entries, actor: entries)
        assert found(clerk, NUMBER) == {"职工": ["曾小贤"]}

    def test_no_more_than_the_limit_and_it_says_so(self, clerk, membership):
        for _ in range(search.LIMIT + 5):
            person(membership.employer, "曾小贤")
        group = search.search(by=clerk, words=search.read("zxx")).groups[0]
        assert len(group.hits) == search.LIMIT
        assert group.has_more

    def test_a_liaison_finds_no_people(self, membership):
        person(membership.employer, "曾小贤")
        liaison = employer_actor(MembershipFactory(employer=membership.employer, liaison=True))
        assert "职工" not in found(liaison, "曾小贤")


class TestPeopleForTheOffice:
    def test_by_whole_number_everywhere_in_the_subtree(self, registrar, membership):
        document = WorkerDocumentFactory(number=NUMBER)
        for employer in (membership.employer, EmployerFactory(branch=membership.employer.branch)):
            RosterEntryFactory(employer=employer, name="曾小贤", document=document)
        (group,) = search.search(by=registrar, words=search.read(NUMBER)).groups
        assert len({hit.owner for hit in group.hits}) == 2

    def test_by_an_earlier_document(self, registrar, membership):
        worker = WorkerFactory()
        WorkerDocumentFactory(worker=worker, number=NUMBER)
        person(membership.employer, "曾小贤", document=WorkerDocumentFactory(worker=worker))
        assert found(registrar, NUMBER)["职工"] == ["曾小贤"]

    def test_by_exact_name_only(self, registrar, membership):
        person(membership.employer, "曾小贤")
        assert found(registrar, "曾小贤")["职工"] == ["曾小贤"]
        assert "职工" not in found(registrar, "小贤")
        assert "职工" not in found(registrar, "zxx")

    @pytest.mark.parametrize(("text", "near"), [("zxx", "gzmg"), ("小贤", "明光"), ("zx gzmg", ""), ("小贤 明光", "")])
    def test_with_its_employer_by_part_or_initials(self, registrar, membership, text, near):
        person(membership.employer, "曾小贤")
        person(EmployerFactory(branch=membership.employer.branch, name="他人纺织厂", name_initials="trfzc"), "曾小贤")
        assert found(registrar, text, near=near)["职工"] == ["曾小贤"]

    def test_other_branches_stay_unseen(self, membership):
        person(membership.employer, "曾小贤", NUMBER)
        slip, policy = slip_of(membership.employer), policy_of(membership.employer)
        receipt_of(membership.employer)
        elsewhere = office_actor(StaffPostFactory(registrar=True, branch=BranchFactory()))
        for text in (
            "曾小贤",
            NUMBER,
            slip.number,
            policy.number,
            "0000001234",
            "明光",
            "gzmg",
            membership.employer.credit_code,
        ):
            assert found(elsewhere, text) == {}
        assert found(elsewhere, "zxx", near="gzmg") == {}

    def test_the_administrator_of_the_system_finds_no_records(self, membership):
        person(membership.employer, "曾小贤", NUMBER)
        post = StaffPostFactory(system_admin=True, branch=membership.employer.branch)
        for text in ("曾小贤", NUMBER, "明光"):
            assert found(office_actor(post), text) == {}


class TestRecords:
    def test_slips_by_number_end_and_inside_a_remark(self, clerk, membership):
        slip = slip_of(membership.employer)
        parts = (slip.number[-4:], slip.number[-7:-1], slip.number[:10], slip.number[2:10])
        for text in (slip.number, slip.number.lower(), *parts, f"付{slip.number}保障费"):
            assert found(clerk, text)["缴款单"] == [slip.number], text

    def test_look_alike_letters_are_read_as_digits(self, clerk, membership):
        slip = slip_of(membership.employer)
        assert found(clerk, slip.number.replace("0", "O"))["缴款单"] == [slip.number]

    def test_applications_by_number(self, clerk, registrar, membership):
        application = application_of(membership.employer)
        for actor in (clerk, registrar):
            assert found(actor, application.number)["参保申请"] == [application.number]

    def test_drafts_are_not_found_by_the_office(self, registrar, membership):
        draft = application_of(membership.employer, submissions=0)
        assert "参保申请" not in found(registrar, draft.number)

    def test_policies_by_number_with_their_state(self, clerk, membership):
        policy = policy_of(membership.employer)
        (group,) = search.search(by=clerk, words=search.read(policy.number)).groups
        assert group.hits[0].title == policy.number
        assert group.hits[0].state in CoverState.labels

    @pytest.mark.parametrize("text", ["0000001234", "440101250000001234", "1234"])
    def test_receipts_by_number_code_or_end(self, clerk, registrar, membership, text):
        receipt_of(membership.employer)
        for actor in (clerk, registrar):
            assert found(actor, text)["电子票据"] == ["0000001234"]

    def test_requests_for_receipts_by_number(self, clerk, membership):
        request = receipt_of(membership.employer).request
        ReceiptRequest.objects.filter(pk=request.pk).update(number="KP20250902000001")
        assert found(clerk, "KP20250902000001")["开票申请"] == ["KP20250902000001"]

    def test_records_of_others_are_never_found(self, clerk):
        other = EmployerFactory()
        slip, policy = slip_of(other), policy_of(other)
        receipt = receipt_of(other)
        wanted = [slip.number, slip.application.number, policy.number, receipt.receipt_number, receipt.request.number]
        for text in [*wanted, slip.number[-4:], "1234"]:
            assert found(clerk, text) == {}, text

    def test_the_office_finds_employers(self, registrar, membership):
        for text in ("明光", "gzmg", membership.employer.credit_code, membership.employer.credit_code[:8]):
            assert membership.employer.name in found(registrar, text)["参保单位"], text

    def test_the_office_gets_links_to_employers_and_applications(self, registrar, membership):
        RegistrationFactory(employer=membership.employer, branch=membership.employer.branch)
        application = application_of(membership.employer)
        for text in ("明光", application.number):
            (group,) = search.search(by=registrar, words=search.read(text)).groups
            assert group.hits[0].url.startswith("/office/"), text

    def test_an_employer_finds_no_employers(self, clerk):
        EmployerFactory(name="广州明光纺织厂")
        assert found(clerk, "明光") == {}


class TestPages:
    def test_by_name_alias_and_initials(self, clerk):
        for text in ("职工名册", "名册", "zgmc"):
            assert "职工名册维护" in found(clerk, text)["功能菜单"], text

    def test_only_pages_that_the_roles_open(self, membership):
        liaison = employer_actor(MembershipFactory(employer=membership.employer, liaison=True))
        assert "职工名册维护" not in found(liaison, "名册").get("功能菜单", [])

    def test_of_the_own_side_only(self, clerk):
        assert found(clerk, "工作台") == {}


class TestPage:
    def test_opens_empty_with_hints(self, membership):
        answer = signed_in(membership.user).get(reverse("employer:search"))
        assert answer.status_code == 200
        assert "可以这样找" in answer.content.decode()

    def test_words_in_the_address_are_refused(self, membership):
        person(membership.employer, "曾小贤", NUMBER)
        answer = signed_in(membership.user).get(reverse("employer:search"), {"q": NUMBER})
        assert answer.status_code == 400
        assert "曾小贤" not in answer.content.decode()
        assert NUMBER not in answer.content.decode()

    def test_posts_show_results_with_links(self, membership):
        entry = person(membership.employer, "曾小贤", NUMBER)
        page = signed_in(membership.user).post(reverse("employer:search"), {"q": "曾小贤"}).content.decode()
        assert "1101**********8936" in page
        assert reverse("employer:roster-person", args=[entry.pk]) in page

    def test_one_exact_number_leads_straight_to_the_record(self, clerk, membership, monkeypatch):
        slip = slip_of(membership.employer)
        monkeypatch.setattr("huzhu.web.search.records.link", lambda *_: "/record/")
        client = signed_in(membership.user)
        assert client.post(reverse("employer:search"), {"q": slip.number})["Location"] == "/record/"
        assert client.post(reverse("employer:search"), {"q": slip.number[-4:]}).status_code == 200

    def test_a_record_without_a_page_is_shown_without_link(self, membership, monkeypatch):
        slip = slip_of(membership.employer)
        monkeypatch.setattr("huzhu.web.search.records.link", lambda *_: "")
        answer = signed_in(membership.user).post(reverse("employer:search"), {"q": slip.number})
        assert answer.status_code == 200
        assert slip.number in answer.content.decode()

    @pytest.mark.parametrize(
        "text", ["", " ", "\0", "%", "_", "'", "（）", "-", "\u202e", "a" * 5000, "１２３", "<b>", "张\0三"]
    )
    def test_odd_words_are_taken_calmly(self, clerk, membership, text):
        person(membership.employer, "曾小贤")
        answer = signed_in(membership.user).post(reverse("employer:search"), {"q": text})
        assert answer.status_code == 200
        assert "曾小贤" not in answer.content.decode()
        post = StaffPostFactory(registrar=True, branch=membership.employer.branch)
        answer = signed_in(post.user).post(reverse("office:search"), {"q": text, "near": text})
        assert answer.status_code == 200
        assert membership.employer.name not in answer.content.decode()

    def test_strangers_are_sent_to_sign_in(self, client):
        for side in ("employer", "office"):
            assert client.get(reverse(f"{side}:search")).status_code == 302

    def test_each_side_has_its_own_door(self, membership):
        assert signed_in(membership.user).post(reverse("office:search"), {"q": "明光"}).status_code == 404


class TestQueries:
    """People, applications, slips, policies, requests, receipts, and employers for the office: one query each."""

    @pytest.mark.parametrize("text", ["曾小贤", "zxx", "2025", NUMBER])
    def test_as_many_for_many_rows(self, clerk, registrar, membership, text):
        counts = []
        for rows in (20, 180):
            for _ in range(rows):
                person(membership.employer, "曾小贤")
            for actor in (clerk, registrar):
                with CaptureQueriesContext(connection) as queries:
                    search.search(by=actor, words=search.read(text, near=""))
                counts.append(len(queries))
        assert counts[:2] == counts[2:]
        assert max(counts) <= 8

    def test_nothing_typed_asks_nothing(self, clerk):
        with CaptureQueriesContext(connection) as queries:
            assert search.search(by=clerk, words=search.read(" ")).count == 0
        assert len(queries) == 0
