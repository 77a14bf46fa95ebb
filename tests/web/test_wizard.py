"""新增参保 through the pages: six steps with a small real roster, refusals that keep what was typed, what others must not see."""

from __future__ import annotations

import datetime as dt
import io
import re

import pypdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from huzhu.demo import rosters
from huzhu.documents.models import StoredFile
from huzhu.employers.models import Employer
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, ProofFile
from huzhu.enrolment.states import ProofKind, State
from huzhu.roster.models import RosterEntry
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.employers import MembershipFactory, picture
from tests.factories.enrolment import NOON, TODAY
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def employer() -> Employer:
    return make.an_employer(headcount=12, women_headcount=0)


@pytest.fixture
def clerk(employer) -> Client:
    return sign_in(employer, handler=True)


def sign_in(employer: Employer, **role: bool) -> Client:
    client = Client()
    client.force_login(MembershipFactory(employer=employer, **role).user, backend=BACKEND)
    return client


def table(content: bytes, name: str = "人员.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")


def url(name: str, case: EnrolmentApplication | make.Case, *more: object) -> str:
    return reverse(f"employer:{name}", args=[case.pk if isinstance(case, EnrolmentApplication) else case.id, *more])


def words_of(response) -> str:
    return response.content.decode()


def tick(*codes: str, **shares: int) -> dict[str, object]:
    """What the first step posts: ticked plans with their shares."""
    data: dict[str, object] = {}
    for code in codes:
        version = plans.version(code)
        data |= {f"plan_{version.pk}": "on", f"shares_{version.pk}": shares.get(code.replace("-", "_"), 1)}
    return data


def test_a_clerk_enrols_a_file_of_people_in_six_steps_and_sends_the_stamped_form(clerk, employer):
    people = rosters.get_people(seed=7, size=12, day=TODAY)

    begun = clerk.post(reverse("employer:application-new"), tick("HOSP25"))
    application = EnrolmentApplication.objects.get(employer=employer)
    assert begun.url == url("wizard-people", application)

    result = clerk.post(
        url("wizard-people-file", application), {"people": table(rosters.roster_csv(people))}, follow=True
    )
    assert "已加入 12 人" in words_of(result)
    assert RosterEntry.objects.filter(employer=employer).count() == 12

    members = words_of(clerk.get(url("wizard-members", application)))
    assert "没有2025年8月或上月的社保/省直医保名单" in members
    assert people[0].name in members

    listed = {"kind": "social", "month": "2025-08", "file": table(rosters.insurance_csv(people), "社保.csv")}
    assert clerk.post(url("wizard-proofs-list", application), listed).url == url("wizard-proofs", application)
    assert "逐人核对" in words_of(clerk.get(url("wizard-proofs", application)))

    plan = application.plans.get()
    dated = clerk.post(url("wizard-dates", application), {f"on_{plan.pk}": "2025-09-01"})
    assert dated.url == url("wizard-submit", application)
    assert "2025-09-01" in words_of(clerk.get(url("wizard-submit", application)))

    assert clerk.post(url("wizard-submit", application), {}).status_code == 422
    submitted = clerk.post(url("wizard-submit", application), {"is_declared": "on"}, follow=True)
    for text in ("下载申请书", "打印盖章", "拍照回传", "待回传申请书"):
        assert text in words_of(submitted)

    paper = clerk.get(url("application-form", application))
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.getvalue())).pages)
    for said in (application.number, employer.name, employer.credit_code, "1,140.00", "2025-09-01"):
        assert said in text

    clerk.post(url("application-form-upload", application), {"form": picture("申请书.jpg")})
    application.refresh_from_db()
    assert application.state == State.FIRST_REVIEW
    assert StoredFile.objects.get(pk=application.sealed_form_id).name == "申请书.jpg"


class TestPlans:
    def test_two_plans_that_exclude_each_other_are_refused_and_stay_ticked(self, clerk, employer):
        answer = clerk.post(reverse("employer:application-new"), tick("CI25-A", "CI25-B", CI25_B=3))

        page = words_of(answer)
        assert answer.status_code == 422
        assert "不能同时参保" in page
        for code in ("CI25-A", "CI25-B"):
            assert re.search(rf'name="plan_{plans.version(code).pk}" checked', page)
        assert re.search(r'<option value="3" selected>3 份 · 每人 600.00 元', page)
        assert not EnrolmentApplication.objects.exists()

    def test_nothing_ticked_is_refused(self, clerk):
        assert "还没有选择保障计划" in words_of(clerk.post(reverse("employer:application-new"), {}))

    def test_pressing_twice_begins_one_application(self, clerk):
        first = clerk.post(reverse("employer:application-new"), tick("HOSP25"))
        second = clerk.post(reverse("employer:application-new"), tick("HOSP25"))

        assert first.url == second.url
        assert EnrolmentApplication.objects.count() == 1

    def test_closed_plans_are_not_offered(self, clerk):
        closed = plans.version("MED06-A")

        assert f"plan_{closed.pk}" not in words_of(clerk.get(reverse("employer:application-new")))

    def test_a_change_saves_itself_and_renews_the_side_panel(self, clerk, employer):
        case = make.application(employer=employer)

        answer = clerk.post(
            url("wizard-plans", case), tick("HOSP25", "CASH25", CASH25=2), headers={"HX-Request": "true"}
        )

        assert answer.status_code == 200
        assert {p.share_count for p in case.application.plans.all()} == {1, 2}
        assert "310.00" in words_of(answer)  # two people × (95 + 2 × 30)


class TestPeople:
    def test_everybody_in_service_comes_in_once(self, clerk, employer):
        make.people(employer, 5)
        case = make.application(employer=employer, entries=[], has_list=False)

        for _ in range(2):
            clerk.post(url("wizard-people-add", case), {"act": "all"})

        assert case.refresh().member_count == 5

    def test_only_the_ticked_people_come_in(self, clerk, employer):
        wanted, *_ = make.people(employer, 3)
        case = make.application(employer=employer, entries=[], has_list=False)

        clerk.post(url("wizard-people-add", case), {"act": "ticked", "entries": [wanted.pk]})

        assert list(ApplicationMember.objects.values_list("entry_id", flat=True)) == [wanted.pk]

    def test_only_the_chosen_department_comes_in(self, clerk, employer):
        make.people(employer, 3)
        make.people(employer, 2, department="财务部")
        case = make.application(employer=employer, entries=[], has_list=False)

        clerk.post(url("wizard-people-add", case), {"act": "all", "department": "财务部"})

        assert case.refresh().member_count == 2

    def test_a_womens_plan_takes_women_only_and_says_so(self, clerk, employer):
        make.people(employer, 3)
        make.people(employer, 2, gender="female")
        case = make.application(employer=employer, entries=[], choices=[("WCI25", 1)], has_list=False)

        answer = clerk.post(url("wizard-people-add", case), {"act": "all"}, follow=True)

        assert case.refresh().member_count == 2
        assert "3 人不是女职工" in words_of(answer)
        assert "只保障女职工" in words_of(answer)

    def test_a_file_that_cannot_be_read_changes_nothing(self, clerk, employer):
        case = make.application(employer=employer, entries=[], has_list=False)

        answer = clerk.post(url("wizard-people-file", case), {"people": table(b"%PDF-1.4", "人员.xlsx")})

        assert answer.status_code == 422
        assert "不是表格" in words_of(answer)
        assert not RosterEntry.objects.exists()
        assert not StoredFile.objects.exists()

    def test_bad_rows_are_named_and_good_rows_enrolled(self, clerk, employer):
        people = rosters.get_people(seed=8, size=3, day=TODAY)
        text = rosters.roster_csv(people).decode("utf-8-sig")
        broken = text.replace(people[1].number, people[1].number[:-1] + ("1" if people[1].number[-1] != "1" else "2"))
        case = make.application(employer=employer, entries=[], has_list=False)

        answer = clerk.post(url("wizard-people-file", case), {"people": table(broken.encode("utf-8-sig"))}, follow=True)

        assert "有 1 行没有导入" in words_of(answer)
        assert case.refresh().member_count == 2

    def test_a_name_is_looked_for_by_post(self, clerk, employer):
        make.people(employer, 1, name="欧阳明", name_initials="oym")
        make.people(employer, 2)
        case = make.application(employer=employer, entries=[], has_list=False)

        page = words_of(clerk.post(url("wizard-people", case), {"words": "oym"}))

        assert page.count("data-tick aria-label") == 1
        assert "欧阳明" in page


class TestMembers:
    def test_each_kind_says_what_why_how_and_has_its_button(self, clerk, employer):
        people = make.people(employer, 3) + make.people(employer, 1, born_on=dt.date(1964, 1, 5), name="老陈")
        case = make.application(employer=employer, entries=people)

        page = words_of(clerk.get(url("wizard-members", case)))

        for text in ("超龄", "须证明仍在职", "延迟退休参保职工在职证明", "上传在职证明", "老陈"):
            assert text in page
        assert f"{url('wizard-proofs', case)}#slot-{ProofKind.IN_SERVICE_CERTIFICATE}" in page

    def test_the_filter_counts_and_shows_only_those(self, clerk, employer):
        people = make.people(employer, 3) + make.people(employer, 1, born_on=dt.date(1964, 1, 5), name="老陈")
        case = make.application(employer=employer, entries=people)

        page = words_of(clerk.get(url("wizard-members", case) + "?found=proof"))

        assert re.search(r"需材料 <b>1</b>", page)
        assert re.search(r"正常 <b>3</b>", page)
        assert page.count("data-tick aria-label") == 1

    def test_taking_people_off_can_be_undone(self, clerk, employer):
        case = make.application(employer=employer, people_count=3)
        gone = case.application.members.order_by("pk")[:2]

        answer = clerk.post(
            url("wizard-members-remove", case), {"members": [member.pk for member in gone]}, follow=True
        )
        assert case.refresh().member_count == 1
        assert "最近一次 2 人次" in words_of(answer)

        clerk.post(url("wizard-members-restore", case), {"act": "last"})
        assert case.refresh().member_count == 3

    def test_everybody_of_one_kind_is_taken_off_together(self, clerk, employer):
        people = make.people(employer, 3) + make.people(employer, 2, is_valid=False)
        case = make.application(employer=employer, entries=people)

        clerk.post(url("wizard-members-remove", case), {"code": "id_invalid"})

        assert case.refresh().member_count == 3

    def test_what_was_corrected_in_the_roster_is_checked_again(self, clerk, employer):
        case = make.application(employer=employer, entries=make.people(employer, 2, name="生产部-张三"))
        assert "姓名有误" in words_of(clerk.get(url("wizard-members", case)))

        RosterEntry.objects.update(name="张三", changed_at=NOON + dt.timedelta(minutes=1))

        assert "姓名有误" not in words_of(clerk.get(url("wizard-members", case)))

    def test_pages_hold_a_hundred(self, clerk, employer):
        case = make.application(employer=employer, people_count=130)

        first = words_of(clerk.get(url("wizard-members", case)))
        after = re.search(r"after=(\d+)", first).group(1)
        second = words_of(clerk.get(url("wizard-members", case) + f"?after={after}"))

        assert first.count("data-tick aria-label") == 100
        assert second.count("data-tick aria-label") == 30


class TestProofs:
    @pytest.fixture
    def case(self, employer) -> make.Case:
        people = make.people(employer, 3) + make.people(employer, 1, born_on=dt.date(1964, 1, 5), name="老陈")
        return make.application(employer=employer, entries=people)

    def test_a_slot_says_for_whom_and_takes_several_files(self, clerk, case):
        kind = ProofKind.IN_SERVICE_CERTIFICATE
        assert "老陈" in words_of(clerk.get(url("wizard-proofs", case)))

        clerk.post(url("wizard-proof-upload", case, kind), {kind: [picture("一.jpg"), picture("二.jpg")]})

        assert ProofFile.objects.filter(slot__application=case.application, slot__kind=kind).count() == 2
        page = words_of(clerk.get(url("wizard-proofs", case)))
        assert "一.jpg" in page
        assert "二.jpg" in page

    def test_one_bad_file_among_them_leaves_everything_as_it_was(self, clerk, case):
        kind = ProofKind.IN_SERVICE_CERTIFICATE
        bad = SimpleUploadedFile("坏.jpg", b"<svg/onload=alert(1)>", content_type="image/jpeg")

        by_script = clerk.post(
            url("wizard-proof-upload", case, kind), {kind: [picture(), bad]}, headers={"HX-Request": "true"}
        )
        by_form = clerk.post(url("wizard-proof-upload", case, kind), {kind: [picture(), picture("三.gif")]})

        assert by_script.status_code == by_form.status_code == 422
        assert "无法打开" in by_script.json()["error"]
        assert "格式不支持" in words_of(by_form)
        assert not ProofFile.objects.exists()

    def test_a_file_can_be_taken_out_again(self, clerk, case):
        kind = ProofKind.IN_SERVICE_CERTIFICATE
        clerk.post(url("wizard-proof-upload", case, kind), {kind: [picture()]})

        clerk.post(url("wizard-proof-remove", case, ProofFile.objects.get().pk))

        assert not ProofFile.objects.exists()

    def test_a_list_of_a_month_long_gone_is_refused_with_the_reason(self, clerk, employer):
        case = make.application(employer=employer, has_list=False)
        listed = rosters.insurance_csv(rosters.get_people(seed=9, size=2, day=TODAY))

        answer = clerk.post(
            url("wizard-proofs-list", case), {"kind": "social", "month": "2025-03", "file": table(listed)}
        )

        assert answer.status_code == 422
        assert "当月或上月" in words_of(answer)
        assert 'value="2025-03"' in words_of(answer)

    def test_two_lists_count_together_and_one_can_be_set_aside(self, clerk, employer):
        entries = make.people(employer, 3)
        make.insurance_list(employer, entries[:2])
        medical = make.insurance_list(employer, entries[1:], kind="medical")
        case = make.application(employer=employer, entries=entries, has_list=False)
        page = words_of(clerk.get(url("wizard-proofs", case)))
        assert "2025年8月社保名单" in page
        assert "2025年8月省直医保名单" in page
        assert re.search(r"共\s*(<strong>)?3", page)

        aside = {"act": "set-aside", "list": medical.pk}
        answer = words_of(clerk.post(url("wizard-proofs-list-use", case), aside, follow=True))

        assert "不再使用这份名单" in answer
        assert case.refresh().insurance_rosters == [employer.insurance_rosters.get(kind="social")]
        assert "至少要保留一份" in words_of(
            clerk.post(
                url("wizard-proofs-list-use", case),
                {"act": "set-aside", "list": case.application.insurance_roster_id},
                follow=True,
            )
        )
        clerk.post(url("wizard-proofs-list-use", case), {"list": medical.pk})
        assert case.refresh().medical_roster == medical


class TestDates:
    def test_a_date_that_cannot_be_is_refused_and_stays(self, clerk, employer):
        case = make.application(employer=employer)
        plan = case.application.plans.get()

        answer = clerk.post(url("wizard-dates", case), {f"on_{plan.pk}": "2025-08-11"})

        assert answer.status_code == 422
        assert "必须晚于提交日" in words_of(answer)
        assert 'value="2025-08-11"' in words_of(answer)

    def test_the_common_end_of_the_cover_before_is_offered_with_the_latest_arrival(self, clerk, employer):
        entries = make.people(employer, 2)
        for entry in entries:
            make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2024, 9, 1))
        case = make.application(employer=employer, entries=entries)

        page = words_of(clerk.get(url("wizard-dates", case)))

        assert 'value="2025-09-01"' in page
        assert "续保 2 人" in page
        assert "最晚到账日" in page

    def test_a_gap_is_drawn_and_told(self, clerk, employer):
        entries = make.people(employer, 2)
        for entry in entries:
            make.cover_of(entry, plans.version("HOSP25"), start=dt.date(2024, 9, 1))
        case = make.application(employer=employer, entries=entries)
        plan = case.application.plans.get()

        page = words_of(
            clerk.post(url("wizard-dates", case), {f"on_{plan.pk}": "2025-10-01"}, headers={"HX-Request": "true"})
        )

        assert "断保 30 天" in page
        assert "请改为 2025-09-01" in page


class TestSubmitting:
    def test_what_is_missing_is_listed_with_the_way_to_it(self, clerk, employer):
        people = make.people(employer, 3) + make.people(employer, 1, is_valid=False)
        case = make.application(employer=employer, entries=people, has_list=False)

        answer = clerk.post(url("wizard-submit", case), {"is_declared": "on"})

        page = words_of(answer)
        assert answer.status_code == 422
        assert "证件号码有误" in page
        assert "当月社保或省直医保参保名单" in page
        assert url("wizard-members", case) + "?code=id_invalid#rows" in page.replace("&amp;", "&")
        assert case.refresh().state == State.DRAFT

    def test_submitting_twice_submits_once(self, clerk, employer):
        case = make.application(employer=employer)

        for _ in range(2):
            clerk.post(url("wizard-submit", case), {"is_declared": "on"})

        assert case.refresh().submission_count == 1
        assert case.application.state == State.AWAITING_FORM

    def test_the_form_is_only_there_while_it_waits_to_be_stamped(self, clerk, employer):
        case = make.application(employer=employer)

        assert clerk.get(url("application-form", case)).status_code == 302

    def test_a_step_of_a_submitted_application_leads_to_its_page(self, clerk, employer):
        case = make.application("first_review", employer=employer)

        for name in (
            "wizard-plans",
            "wizard-people",
            "wizard-members",
            "wizard-proofs",
            "wizard-dates",
            "wizard-submit",
        ):
            assert clerk.get(url(name, case)).url == url("application", case)


class TestRecord:
    @pytest.mark.parametrize(
        ("state", "sentence", "button"),
        [
            ("draft", "继续填报", "继续填报"),
            ("awaiting_form", "打印并加盖单位公章", "下载申请书"),
            ("first_review", "初审参保人员和材料", "撤回"),
            ("second_review", "生成缴款单并短信通知", ""),
        ],
    )
    def test_it_says_what_happens_next(self, clerk, employer, state, sentence, button):
        case = make.application(state, employer=employer)

        for tab in ("people", "plans", "files", "money", "history"):
            page = words_of(clerk.get(url("application", case) + f"?tab={tab}"))
            assert sentence in page
            assert button in page

    def test_the_history_names_the_association_and_not_its_people(self, clerk, employer):
        case = make.application("second_review", employer=employer)

        page = words_of(clerk.get(url("application", case) + "?tab=history"))

        assert "初审通过" in page
        assert "互助会" in page
        assert make.registrar().name not in page

    def test_editing_voids_the_printed_form(self, clerk, employer):
        case = make.application("awaiting_form", employer=employer)

        answer = clerk.post(url("application-edit", case))

        assert answer.url == url("wizard-members", case)
        assert case.refresh().state == State.DRAFT
        assert case.application.form_code == ""

    def test_recall_until_a_reviewer_has_it(self, clerk, employer):
        case = make.application("first_review", employer=employer)

        clerk.post(url("application-recall", case))

        assert case.refresh().state == State.RETURNED

    def test_deleting_names_what_is_lost_and_asks_once(self, clerk, employer):
        case = make.application(employer=employer, people_count=2)

        asked = words_of(clerk.get(url("application-delete", case)))
        assert "参保名单 2 人" in asked
        assert case.refresh().state == State.DRAFT

        clerk.post(url("application-delete", case))
        assert case.refresh().state == State.DELETED
        assert url("application", case) not in words_of(clerk.get(reverse("employer:applications")))

    def test_a_viewer_looks_and_gets_no_wizard(self, employer):
        case = make.application(employer=employer)
        viewer = sign_in(employer, viewer=True)

        assert viewer.get(url("application", case)).status_code == 200
        assert "新增参保" not in words_of(viewer.get(reverse("employer:applications")))
        for name in ("wizard-plans", "wizard-members", "application-delete"):
            assert viewer.get(url(name, case)).status_code == 404

    def test_the_list_filters_by_state_plan_and_day(self, clerk, employer):
        draft = make.application(employer=employer).application.number
        later = make.application("first_review", employer=employer, choices=[("ACC25", 1)]).application.number
        list_url = reverse("employer:applications")

        by_state = words_of(clerk.get(list_url, {"state": "draft"}))
        by_plan = words_of(clerk.get(list_url, {"plan": plans.version("ACC25").plan_id}))
        nonsense = clerk.get(list_url, {"since": "03/04/1990", "plan": "x", "sort": "nothing", "page": "-1"})

        assert draft in by_state
        assert later not in by_state
        assert later in by_plan
        assert draft not in by_plan
        assert "日期写法不对" in words_of(nonsense)


FOREIGN = [
    ("get", "application"),
    ("get", "application-edit"),
    ("get", "application-delete"),
    ("post", "application-delete"),
    ("post", "application-recall"),
    ("get", "application-form"),
    ("post", "application-form-upload"),
    ("get", "wizard-plans"),
    ("post", "wizard-plans"),
    ("get", "wizard-people"),
    ("post", "wizard-people-add"),
    ("post", "wizard-people-file"),
    ("get", "wizard-members"),
    ("post", "wizard-members-remove"),
    ("post", "wizard-members-restore"),
    ("post", "wizard-members-check"),
    ("get", "wizard-proofs"),
    ("post", "wizard-proofs-list"),
    ("post", "wizard-proofs-list-use"),
    ("get", "wizard-dates"),
    ("post", "wizard-dates"),
    ("get", "wizard-submit"),
    ("post", "wizard-submit"),
]


@pytest.mark.parametrize(("method", "name"), FOREIGN)
def test_somebody_elses_application_looks_like_none(clerk, method, name):
    foreign = make.application(employer=make.an_employer())

    theirs = getattr(clerk, method)(url(name, foreign))
    missing = getattr(clerk, method)(reverse(f"employer:{name}", args=[999_999_999]))

    assert theirs.status_code == missing.status_code == 404
    assert _without_token(theirs) == _without_token(missing)
    assert foreign.refresh().state == State.DRAFT


def _without_token(response) -> str:
    return re.sub(r'"X-CSRFToken": "\w+"', "", words_of(response))


class TestFiles:
    @pytest.fixture
    def file(self, clerk, employer) -> StoredFile:
        people = make.people(employer, 3) + make.people(employer, 1, born_on=dt.date(1964, 1, 5))
        case = make.application(employer=employer, entries=people)
        kind = ProofKind.IN_SERVICE_CERTIFICATE
        clerk.post(url("wizard-proof-upload", case, kind), {kind: picture('在职"证明.jpg')})
        return StoredFile.objects.get()

    def test_it_is_shown_without_any_power(self, clerk, file):
        answer = clerk.get(reverse("employer:file", args=[file.pk]))

        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''%E5%9C%A8")

    def test_it_can_be_saved(self, clerk, file):
        answer = clerk.get(reverse("employer:file", args=[file.pk]), {"save": "1"})

        assert answer["Content-Disposition"].startswith("attachment")

    def test_somebody_elses_file_looks_like_none(self, file):
        stranger = sign_in(make.an_employer(), handler=True)

        theirs = stranger.get(reverse("employer:file", args=[file.pk]))
        missing = stranger.get(reverse("employer:file", args=["00000000-0000-4000-8000-000000000000"]))

        assert theirs.status_code == missing.status_code == 404
        assert _without_token(theirs) == _without_token(missing)


STEPS = ["wizard-plans", "wizard-people", "wizard-members", "wizard-proofs", "wizard-dates", "wizard-submit"]


@pytest.mark.parametrize("name", ["application", *STEPS])
def test_pages_take_the_same_statements_for_20_and_for_200_people(clerk, employer, name):
    few = make.application(employer=employer, people_count=20)
    many = make.application(employer=employer, people_count=200)
    for case in (few, many):
        clerk.get(url(name, case))  # the first visit remembers the step and checks

    # Account, memberships, badge counts; application, eight of the summary, and what the step shows. None per person.
    assert count_queries(lambda: clerk.get(url(name, few))) == count_queries(lambda: clerk.get(url(name, many)))


def test_the_list_takes_the_same_statements_for_2_and_for_12_applications(clerk, employer):
    list_url = reverse("employer:applications")
    for _ in range(2):
        make.application("awaiting_payment", employer=employer)
    few = count_queries(lambda: clerk.get(list_url))
    for _ in range(10):
        make.application("awaiting_payment", employer=employer)

    # Account, memberships, badges, count, sums, page, plans with versions and names, open slips.
    assert count_queries(lambda: clerk.get(list_url)) == few
