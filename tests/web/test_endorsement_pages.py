"""批改 through the pages: versions of a policy, their papers, the public check page, and 减员."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.cover.models import Cover
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.policies import endorsements
from huzhu.policies.models import Departure
from huzhu.roster.models import RosterEntry
from huzhu.shared.calendar import SHANGHAI
from tests.factories import additions
from tests.factories import enrolment as make_people
from tests.factories import policies as make
from tests.factories.accounts import StaffPostFactory
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
NOW = dt.datetime(2025, 9, 1, 10, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def policy():
    return make.policy(members=3)


def sign_in(employer, **role: bool) -> Client:
    client = Client()
    client.force_login(MembershipFactory(employer=employer, **role).user, backend=BACKEND)
    return client


@pytest.fixture
def clerk(policy) -> Client:
    return sign_in(policy.employer, handler=True)


def covers_of(policy) -> list[Cover]:
    return list(Cover.objects.filter(policy_id=policy.pk).order_by("name_initials", "pk"))


def left(cover: Cover) -> None:
    RosterEntry.objects.filter(worker=cover.worker).update(status="retired", left_on=dt.date(2025, 8, 20))


def removal(policy, *covers: Cover, **more: str) -> dict[str, object]:
    fields = {"act": "remove", "knows": "1", "covers": [cover.pk for cover in covers]}
    for cover in covers:
        fields |= {f"reason-{cover.pk}": "left", f"left_on-{cover.pk}": "2025-08-31"}
    return fields | more


def post(client: Client, policy, fields: dict[str, object]):
    return client.post(reverse("employer:policy-remove-members", args=[policy.pk]), fields)


def show(client: Client, name: str, *args: object, **asked: object) -> str:
    return client.get(reverse(name, args=args), asked).content.decode()


class TestRemoval:
    def test_who_was_ticked_stays_however_many_a_search_finds(self, clerk, policy, monkeypatch):
        monkeypatch.setattr(endorsements, "MOST_AT_ONCE", 1)
        *_, last = covers_of(policy)
        initials = last.name_initials[0]
        Cover.objects.filter(policy_id=policy.pk).exclude(pk=last.pk).update(name_initials=initials)
        Cover.objects.filter(pk=last.pk).update(name_initials=f"{initials}zz")
        asked = {**removal(policy, last), "act": "find", "words": initials}
        page = post(clerk, policy, asked).content.decode()
        assert f'name="covers" value="{last.pk}"' in page

    def test_the_policy_page_says_who_has_left_and_the_form_proposes_them(self, clerk, policy):
        gone, *_ = covers_of(policy)
        assert "还没有标明" not in show(clerk, "employer:policy", policy.pk)
        left(gone)
        assert "名册上有 1 人已离开单位" in show(clerk, "employer:policy", policy.pk)
        page = show(clerk, "employer:policy-remove-members", policy.pk)
        assert "减员不缩短保障，也不退费" in page
        assert gone.name in page
        assert 'value="2025-08-20"' in page
        assert '<option value="retired" selected>' in page

    def test_is_recorded_and_leads_to_the_new_version(self, clerk, policy):
        gone, *_ = covers_of(policy)
        answer = post(clerk, policy, removal(policy, gone))
        version = policy.versions.get(number=2)
        assert answer.url == reverse("employer:policy-version", args=[version.pk])
        page = clerk.get(answer.url).content.decode()
        for words in ("第2版", "减员 1 人", gone.name, "离职，已离开单位，保障不变"):
            assert words in page
        page = show(clerk, "employer:policy", policy.pk)
        assert "保单版次" in page
        assert "离职，保障不变" in page

    def test_a_refusal_keeps_what_was_typed(self, clerk, policy):
        gone, other, _ = covers_of(policy)
        fields = removal(policy, gone, other) | {f"left_on-{gone.pk}": "2025-09-02", f"reason-{other.pk}": "died"}
        answer = post(clerk, policy, fields)
        page = answer.content.decode()
        assert answer.status_code == 422
        for words in (
            "离开日期不能晚于今天",
            'value="2025-09-02"',
            '<option value="died" selected>',
            "有人员填写不完整",
        ):
            assert words in page
        assert not Departure.objects.exists()

    @pytest.mark.parametrize(
        ("more", "words"), [({"knows": ""}, "请先勾选“已知悉”"), ({"covers": []}, "请至少勾选一位")]
    )
    def test_says_what_is_missing(self, clerk, policy, more, words):
        answer = post(clerk, policy, removal(policy, covers_of(policy)[0]) | more)
        assert answer.status_code == 422
        assert words in answer.content.decode()

    def test_looking_for_somebody_keeps_the_ticks(self, clerk, policy):
        gone, other, _ = covers_of(policy)
        page = post(clerk, policy, removal(policy, gone) | {"act": "find", "words": other.name}).content.decode()
        assert f'value="{gone.pk}" aria-label="选择 {gone.name}" checked' in page
        assert f'value="{other.pk}" aria-label="选择 {other.name}">' in page

    def test_finance_reads_and_others_see_nothing(self, policy):
        finance = sign_in(policy.employer, finance=True)
        assert "请由单位管理员或经办人办理减员" in show(finance, "employer:policy-remove-members", policy.pk)
        assert post(finance, policy, removal(policy, covers_of(policy)[0])).status_code == 403
        stranger = sign_in(make.policy(members=1).employer, handler=True)
        assert post(stranger, policy, removal(policy, covers_of(policy)[0])).status_code == 404

    def test_a_policy_that_has_ended_says_so(self, policy):
        with time_machine.travel(NOW + dt.timedelta(days=400), tick=False):
            assert "保单已到期" in show(
                sign_in(policy.employer, handler=True), "employer:policy-remove-members", policy.pk
            )


class TestVersions:
    @pytest.fixture
    def second(self, clerk, policy):
        post(clerk, policy, removal(policy, covers_of(policy)[0]))
        return policy.versions.get(number=2)

    def test_both_sides_see_them_and_older_ones_stay_to_be_had(self, clerk, policy, second):
        registrar = Client()
        registrar.force_login(StaffPostFactory(branch=make.money.root(), registrar=True).user, backend=BACKEND)
        first = policy.versions.get(number=1)
        for side, client in (("employer", clerk), ("office", registrar)):
            assert "第2版" in show(client, f"{side}:policy", policy.pk)
            assert "现行的是" in show(client, f"{side}:policy-version", first.pk)
            for version in (first, second):
                paper = client.get(reverse(f"{side}:policy-version-pdf", args=[version.pk]))
                assert paper["Content-Type"] == "application/pdf"

    def test_versions_of_others_are_not_found(self, second):
        stranger = sign_in(make.policy(members=1).employer, handler=True)
        for name in ("policy-version", "policy-version-pdf"):
            assert stranger.get(reverse(f"employer:{name}", args=[second.pk])).status_code == 404


class TestCheckPage:
    def page(self, policy, *number: int) -> str:
        name = "public:verify-version" if number else "public:verify"
        answer = Client().get(reverse(name, args=[policy.verify_code, *number]))
        return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)

    def test_knows_every_version_and_says_when_a_newer_one_exists(self, clerk, policy):
        assert "不是最新版" not in self.page(policy, 1)
        assert self.page(policy, 2) == "404"
        post(clerk, policy, removal(policy, covers_of(policy)[0]))
        assert "手中的第1版不是最新版" in self.page(policy, 1)
        assert "不是最新版" not in self.page(policy, 2)
        assert "全部版次" in self.page(policy, 2)
        assert "此保单现行第2版" in self.page(policy)
        for cover in covers_of(policy):
            assert cover.name not in self.page(policy, 2)

    def test_asking_about_a_person_works_from_a_version_too(self, policy):
        address = reverse("public:verify-version", args=[policy.verify_code, 1])
        assert "不在名单中" in Client().post(address, {"name": "张三", "last_four": "1234"}).content.decode()


class TestAddition:
    """增员 through the pages: the offer, the click, the wizard that knows what it adds to, and both sides' lists."""

    @pytest.fixture
    def issued(self):
        return additions.issued(people=2)

    @pytest.fixture
    def owner(self, issued) -> Client:
        return sign_in(issued.employer, handler=True)

    def begin(self, client: Client, policy) -> EnrolmentApplication:
        answer = client.post(reverse("employer:policy-add-members", args=[policy.pk]))
        assert answer.status_code == 302
        return EnrolmentApplication.objects.get(endorsed_policy_id=policy.pk)

    def test_the_policy_leads_to_the_offer_which_says_what_joining_means(self, owner, issued):
        assert "增员" in show(owner, "employer:policy", issued.pk)
        page = show(owner, "employer:policy-add-members", issued.pk)
        for words in ("到账次日起满 12 个月，各人单独计算", "95.00", "生成增员申请"):
            assert words in page

    def test_of_a_common_end_it_says_the_months_and_the_price(self):
        policy = additions.issued(is_common=True)
        page = show(sign_in(policy.employer, handler=True), "employer:policy-add-members", policy.pk)
        for words in ("与保单同时到期", "12/12 个月", "95.00"):
            assert words in page

    def test_a_click_makes_the_draft_with_who_came_and_a_second_one_goes_on_with_it(self, owner, issued):
        [new] = additions.joined(issued, on="2025-08-25")
        draft = self.begin(owner, issued)
        assert self.begin(owner, issued) == draft
        assert "继续办理" in show(owner, "employer:policy-add-members", issued.pk)
        page = show(owner, "employer:wizard-members", draft.pk)
        for words in (new.name, f"为保单 {issued.number} 增员"):
            assert words in page

    def test_the_first_step_shows_the_plan_and_takes_no_other(self, owner, issued):
        draft = self.begin(owner, issued)
        page = show(owner, "employer:wizard-plans", draft.pk)
        assert "计划、版本和份数随原保单，不能更改" in page
        answer = owner.post(reverse("employer:wizard-plans", args=[draft.pk]), {f"plan_{issued.plan_version_id}": "on"})
        assert answer.url == reverse("employer:wizard-people", args=[draft.pk])

    def test_the_roster_lists_who_is_not_on_the_policy_and_marks_others_who_are_looked_for(self, owner, issued):
        [other] = make_people.people(issued.employer, 1)
        draft, insured = self.begin(owner, issued), Cover.objects.filter(policy_id=issued.pk).first()
        page = show(owner, "employer:wizard-people", draft.pk)
        assert other.name in page
        assert insured.number_masked not in page
        here = reverse("employer:wizard-people", args=[draft.pk])
        assert "已在保单上</span>" in owner.post(here, {"words": insured.name}).content.decode()
        answer = owner.post(reverse("employer:wizard-people-add", args=[draft.pk]), {"act": "all"}, follow=True)
        assert "已加入 1 人，2 人已在保单上，未加入" in answer.content.decode()

    def test_with_everybody_on_the_policy_it_says_so(self, owner, issued):
        page = show(owner, "employer:wizard-people", self.begin(owner, issued).pk)
        assert "名册上的在职人员都已在保单上" in page

    def test_both_sides_lists_say_what_it_adds_to(self, owner, issued):
        additions.joined(issued, on="2025-08-25")
        with time_machine.travel(NOW, tick=False):
            application = additions.reviewed(issued, at=NOW)
        reviewer = Client()
        post_of = StaffPostFactory(branch=make_people.province(), reviewer=True)
        reviewer.force_login(post_of.user, backend=BACKEND)
        assert f"增员 {issued.number}" in show(owner, "employer:applications")
        assert f"为保单 {issued.number} 增员" in show(owner, "employer:application", application.pk)
        assert f"增员 {issued.number}" in show(reviewer, "office:second-reviews")
        assert f"为保单 {issued.number} 增员" in show(reviewer, "office:second-review", application.pk)

    def test_once_effective_it_leads_to_the_policy(self, owner, issued):
        additions.joined(issued, on="2025-08-25")
        application = additions.added(issued, at=NOW)
        page = show(owner, "employer:application", application.pk)
        assert f'href="{reverse("employer:policy", args=[issued.pk])}"' in page

    def test_after_the_term_it_says_what_to_do_instead(self, issued):
        with time_machine.travel(NOW + dt.timedelta(days=400), tick=False):
            client = sign_in(issued.employer, handler=True)
            assert "不能再增员" in show(client, "employer:policy-add-members", issued.pk)
            answer = client.post(reverse("employer:policy-add-members", args=[issued.pk]))
            assert answer.status_code == 422

    def test_finance_reads_and_others_see_nothing(self, issued):
        finance = sign_in(issued.employer, finance=True)
        assert "请由单位管理员或经办人办理增员" in show(finance, "employer:policy-add-members", issued.pk)
        assert finance.post(reverse("employer:policy-add-members", args=[issued.pk])).status_code == 403
        stranger = sign_in(make.policy(members=1).employer, handler=True)
        assert stranger.post(reverse("employer:policy-add-members", args=[issued.pk])).status_code == 404
