"""保单 and 保障 through the pages: lists, one policy with its people, papers, one person's cover, who was covered on a day."""

from __future__ import annotations

import datetime as dt
import io

import pypdf
import pytest
from django.test import Client
from django.urls import reverse

from huzhu.audit.models import AuditEvent
from huzhu.cover.models import Cover
from huzhu.documents.models import StoredFile
from huzhu.policies import operations as policies
from huzhu.roster.models import WorkerDocument
from huzhu.shared.actors import system_actor
from huzhu.web.office.presenters import cover as cover_presenter
from tests.factories import policies as make
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import MembershipFactory
from tests.factories.policies import LATER
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def policy():
    return make.policy(members=3)


@pytest.fixture
def payer(policy):
    return sign_in(MembershipFactory(employer=policy.employer, finance=True).user)


@pytest.fixture
def registrar():
    return sign_in(StaffPostFactory(branch=make.money.root(), registrar=True).user)


def page_of(client, name, *args, **asked) -> str:
    return client.get(reverse(name, args=args), asked).content.decode()


def covers_of(policy) -> list[Cover]:
    return list(Cover.objects.filter(policy_id=policy.pk).order_by("name_initials", "pk"))


class TestList:
    def test_shows_number_plan_period_people_and_money(self, payer, policy):
        page = page_of(payer, "employer:policies")
        for text in (
            policy.number,
            "住院医保补充保障计划",
            "2025-08-12 至 2026-08-11",
            "285.00",
            "未回传",
            "下载电子保单",
        ):
            assert text in page

    @pytest.mark.parametrize(
        ("asked", "is_shown"),
        [
            ({"covered_on": "2025-08-12"}, True),
            ({"covered_on": "2025-08-11"}, False),
            ({"covered_on": "昨天"}, True),
            ({"state": "ended"}, None),
            ({"state": "nonsense"}, True),
            ({"number": "JK"}, False),
            ({"plan": "999999"}, True),
        ],
    )
    def test_filters_narrow_and_wrong_ones_are_told(self, payer, policy, asked, is_shown):
        answer = payer.get(reverse("employer:policies"), asked)
        assert answer.status_code == 200
        if is_shown is not None:
            assert (policy.number in answer.content.decode()) == is_shown

    def test_a_new_employer_is_told_how_policies_come(self):
        client = sign_in(MembershipFactory(handler=True).user)
        assert "还没有保单" in page_of(client, "employer:policies")

    def test_the_office_sees_the_employer_and_finds_it_by_initials(self, registrar, policy):
        employer = policy.employer
        assert employer.name in page_of(registrar, "office:policies")
        assert policy.number in page_of(registrar, "office:policies", employer=employer.name_initials[:4])
        assert policy.number not in page_of(registrar, "office:policies", employer="没有这家单位")

    def test_the_number_of_queries_does_not_grow(self, payer, registrar, policy):
        def load():
            return [page_of(payer, "employer:policies"), page_of(registrar, "office:policies")]

        load()
        few = count_queries(load)
        for _ in range(6):
            make.policy(members=1, owner=policy.employer)
        assert count_queries(load) == few


class TestOne:
    def test_shows_facts_people_and_what_comes_next(self, payer, policy):
        page = page_of(payer, "employer:policy", policy.pk)
        for text in (policy.number, "3 人", "打印最后一页《参保确认书》盖章", "被保障人名单", "2025-09-10"):
            assert text in page
        for cover in covers_of(policy):
            assert cover.number_masked in page
            assert WorkerDocument.objects.get(worker=cover.worker_id).reveal() not in page

    def test_a_name_is_looked_for_by_post_only(self, payer, policy):
        wanted, *others = covers_of(policy)
        answer = payer.post(reverse("employer:policy", args=[policy.pk]), {"words": wanted.name})
        rows = answer.content.decode().split('id="rows"')[1]
        assert wanted.number_masked in rows
        assert all(other.number_masked not in rows for other in others if other.name != wanted.name)
        everybody = page_of(payer, "employer:policy", policy.pk, words=wanted.name)
        assert all(other.number_masked in everybody for other in others)

    @pytest.mark.parametrize(
        "asked", [{"after": "x"}, {"after": "99999999999999999999"}, {"before": "-1"}, {"words": "\0"}]
    )
    def test_odd_addresses_are_no_fault(self, payer, policy, asked):
        here = reverse("employer:policy", args=[policy.pk])
        assert payer.get(here, asked).status_code == 200
        assert payer.post(here, asked).status_code == 200

    def test_strangers_and_other_branches_find_nothing(self, policy):
        stranger = sign_in(MembershipFactory(finance=True).user)
        elsewhere = sign_in(StaffPostFactory(branch=BranchFactory(), registrar=True).user)
        for name in ("policy", "policy-pdf", "policy-confirmation"):
            assert stranger.get(reverse(f"employer:{name}", args=[policy.pk])).status_code == 404
        for name in ("policy", "policy-pdf"):
            assert elsewhere.get(reverse(f"office:{name}", args=[policy.pk])).status_code == 404

    def test_many_people_take_as_many_queries_as_few(self, payer, registrar, policy):
        big = make.policy(members=20, owner=policy.employer)

        def load(which):
            return [page_of(payer, "employer:policy", which.pk), page_of(registrar, "office:policy", which.pk)]

        load(policy)
        assert count_queries(lambda: load(big)) == count_queries(lambda: load(policy))


class TestPaper:
    def test_is_made_on_demand_and_kept(self, payer, registrar, policy):
        answer = payer.get(reverse("employer:policy-pdf", args=[policy.pk]), {"save": 1})
        assert answer["Content-Type"] == "application/pdf"
        assert "attachment" in answer["Content-Disposition"]
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        assert policy.number in text
        again = registrar.get(reverse("office:policy-pdf", args=[policy.pk]))
        assert again.content == answer.content
        assert StoredFile.objects.filter(kind="policy").count() == 1

    def test_a_large_one_waits_for_its_job_and_the_page_asks_again(self, payer, policy, monkeypatch):
        monkeypatch.setattr(policies, "MOST_ON_DEMAND", 2)
        here = reverse("employer:policy-pdf", args=[policy.pk])
        page = payer.get(here).content.decode()
        assert "正在生成" in page
        assert f'hx-get="{here}"' in page
        waiting = payer.get(here, headers={"HX-Request": "true", "X-Poll": "1"})
        assert "正在生成" in waiting.content.decode()
        assert "<html" not in waiting.content.decode()

        policies.make_document(policy_id=policy.pk, by=system_actor(), at=LATER)
        assert payer.get(here, headers={"HX-Request": "true", "X-Poll": "1"})["HX-Redirect"] == here
        assert payer.get(here)["Content-Type"] == "application/pdf"

    def test_the_confirmation_comes_alone(self, payer, policy):
        answer = payer.get(reverse("employer:policy-confirmation", args=[policy.pk]))
        assert len(pypdf.PdfReader(io.BytesIO(answer.content)).pages) == 1


class TestUpload:
    def send(self, client, policy, upload, **headers):
        here = reverse("employer:policy-confirmation", args=[policy.pk])
        return client.post(
            here + ("?slot=1" if headers else ""), {f"confirmation-{policy.pk}": upload}, headers=headers
        )

    @pytest.mark.parametrize("upload", [make.photo, make.scan])
    def test_a_photo_or_scan_is_kept(self, payer, policy, upload):
        answer = self.send(payer, policy, upload())
        assert answer["Location"] == reverse("employer:policy", args=[policy.pk])
        policy.refresh_from_db()
        file = StoredFile.objects.get(pk=policy.sealed_confirmation_id)
        assert file.kind == "sealed_confirmation"
        assert file.name in page_of(payer, "employer:policy", policy.pk)

    def test_by_script_the_slot_alone_comes_back(self, payer, policy):
        answer = self.send(payer, policy, make.photo(), **{"HX-Request": "true"})
        page = answer.content.decode()
        assert "已上传" in page
        assert "<html" not in page

    def test_what_is_no_picture_is_refused_with_the_reason(self, payer, policy):
        from django.core.files.uploadedfile import SimpleUploadedFile

        bad = SimpleUploadedFile("a.exe", b"MZ")
        answer = self.send(payer, policy, bad, **{"HX-Request": "true"})
        assert answer.status_code == 422
        assert "格式不支持" in answer.json()["error"]
        told = payer.post(reverse("employer:policy-confirmation", args=[policy.pk]), follow=True).content.decode()
        assert "请选择盖章参保确认书" in told
        policy.refresh_from_db()
        assert policy.sealed_confirmation_id is None

    def test_those_who_only_look_can_not_send(self, policy):
        viewer = sign_in(MembershipFactory(employer=policy.employer, viewer=True).user)
        assert self.send(viewer, policy, make.photo()).status_code == 403
        assert not StoredFile.objects.filter(kind="sealed_confirmation").exists()


class TestCoverOfAPerson:
    def find(self, client, words):
        return client.post(reverse("office:cover"), {"words": words})

    def test_a_whole_number_opens_the_person_and_the_look_is_written_down(self, registrar, policy):
        cover = covers_of(policy)[0]
        number = WorkerDocument.objects.get(worker=cover.worker_id).reveal()
        answer = self.find(registrar, f" {number.lower()} ")
        here = reverse("office:cover-person", args=[cover.worker_id])
        assert answer["Location"] == here
        assert number not in here

        page = registrar.get(here).content.decode()
        for text in (cover.name, cover.number_masked, policy.number, "2025-08-12 至 2026-08-11", "保障时间线"):
            assert text in page
        assert number not in page
        assert AuditEvent.objects.filter(event="cover.look", subject_id=str(cover.worker_id)).count() == 1

    def test_a_name_shared_by_several_lists_them(self, registrar, policy):
        from tests.factories.roster import RosterEntryFactory

        for _ in range(2):
            RosterEntryFactory(employer=policy.employer, name="曾小贤", name_initials="zxx")
        page = self.find(registrar, "曾小贤").content.decode()
        assert page.count("查看保障<span") == 2

    @pytest.mark.parametrize("words", ["", "   ", "无此人", "4401", "%", "💥", "'"])
    def test_nothing_is_found_for_anything_else(self, registrar, policy, words):
        answer = self.find(registrar, words)
        assert answer.status_code in (200, 422)
        assert "查看保障<span" not in answer.content.decode()

    def test_people_of_other_branches_stay_unseen(self, policy):
        elsewhere = sign_in(StaffPostFactory(branch=BranchFactory(), registrar=True).user)
        cover = covers_of(policy)[0]
        number = WorkerDocument.objects.get(worker=cover.worker_id).reveal()
        assert "没有找到这个人" in self.find(elsewhere, number).content.decode()
        assert elsewhere.get(reverse("office:cover-person", args=[cover.worker_id])).status_code == 404

    def test_cashiers_do_not_look_people_up(self):
        cashier = sign_in(StaffPostFactory(branch=make.money.root(), cashier=True).user)
        assert cashier.get(reverse("office:cover")).status_code == 404

    def test_a_gap_is_drawn_and_told(self, policy):
        cover = covers_of(policy)[0]
        cover.cover_class, cover.previous_end = "lapse", dt.date(2025, 7, 1)
        drawing = cover_presenter.draw([cover], today=dt.date(2025, 9, 1))
        [lane] = drawing.lanes
        assert [bar.kind for bar in lane.bars] == ["gap", "in_force", "waiting"]
        gap, held, waiting = lane.bars
        assert gap.x + gap.width == held.x == waiting.x
        assert gap.x < held.x < drawing.today.x < held.x + held.width
        assert "断保 42 天" in drawing.gaps[0]

    @pytest.mark.parametrize(
        ("day", "kind"), [("2025-01-01", "pending"), ("2025-09-01", "in_force"), ("2027-01-01", "ended")]
    )
    def test_bars_say_where_a_cover_stands_today(self, policy, day, kind):
        drawing = cover_presenter.draw(covers_of(policy)[:1], today=dt.date.fromisoformat(day))
        assert drawing.lanes[0].bars[0].kind == kind
        assert all(0 <= bar.x <= drawing.width for bar in drawing.lanes[0].bars)


class TestCoverOnADay:
    def ask(self, client, **asked) -> str:
        return page_of(client, "office:cover-day", **asked)

    def test_counts_and_lists_exactly_the_half_open_period(self, registrar, policy):
        for day, is_covered in [
            ("2025-08-11", False),
            ("2025-08-12", True),
            ("2026-08-11", True),
            ("2026-08-12", False),
        ]:
            page = self.ask(registrar, day=day)
            assert ("<strong>3</strong> 人次，<strong>3</strong> 人" in page) == is_covered
            assert (policy.number in page) == is_covered

    def test_narrowed_by_plan_and_employer(self, registrar, policy):
        other = make.policy(members=1)
        page = self.ask(registrar, day="2025-09-01", employer=other.employer.credit_code, plan=other.plan_id)
        assert "<strong>1</strong> 人次" in page
        assert policy.number not in page

    @pytest.mark.parametrize("day", ["", "昨天", "2025-02-30", "0001-01-01", "9999-12-31"])
    def test_odd_days_are_no_fault(self, registrar, day):
        answer = registrar.get(reverse("office:cover-day"), {"day": day})
        assert answer.status_code in (200, 422)

    def test_pages_turn_by_key_with_as_many_queries_for_many(self, registrar, policy, monkeypatch):
        few = count_queries(lambda: self.ask(registrar, day="2025-09-01"))
        make.policy(members=20)
        assert count_queries(lambda: self.ask(registrar, day="2025-09-01")) == few
        monkeypatch.setattr("huzhu.web.office.views.cover.get_page", lambda rows, place: get_small_page(rows, place))
        from huzhu.web import keyset

        def get_small_page(rows, place):
            return keyset.get_page(rows, place=place, limit=20)

        first = self.ask(registrar, day="2025-09-01")
        assert "after=" in first
        after = first.split("after=")[1].split('"')[0].split("&")[0]
        assert covers_of(policy)[0].number_masked in self.ask(registrar, day="2025-09-01", after=after)

    def test_other_branches_count_nobody(self, policy):
        elsewhere = sign_in(StaffPostFactory(branch=BranchFactory(), registrar=True).user)
        assert "当日没有人在保" in self.ask(elsewhere, day="2025-09-01")
