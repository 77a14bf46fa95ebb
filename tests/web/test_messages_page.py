"""短信与公告: who may look, what is hidden, the filters, the pages, always as many queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.notifications import operations as notifications
from huzhu.notifications.models import SmsMessage
from huzhu.notifications.states import MessageState
from huzhu.notifications.templates import TEMPLATES
from huzhu.shared.calendar import SHANGHAI
from huzhu.web import keyset
from huzhu.web.office.presenters import messages as presenter
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import EmployerFactory, RegistrationFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
PAGE = "office:messages"


@pytest.fixture
def post():
    return StaffPostFactory(registrar=True)


@pytest.fixture
def client(post) -> Client:
    return signed_in(post)


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def message(number: int = 1, **changes) -> SmsMessage:
    values = {
        "key": f"test:{number}",
        "template": "slip_cancelled",
        "template_version": 1,
        "mobile": "13800138000",
        "body": f"【职工保障互助会】第{number}条。",
        "queued_at": NOON,
    }
    return SmsMessage.objects.create(**values | changes)


def read(client: Client, **query: str) -> str:
    answer = client.get(reverse(PAGE), query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestWhoMayLook:
    @pytest.mark.parametrize(
        "role", ["registrar", "reviewer", "cashier", "cashier_reviewer", "auditor", "system_admin"]
    )
    def test_these_roles(self, role):
        assert signed_in(StaffPostFactory(roles=[role])).get(reverse(PAGE)).status_code == 200

    @pytest.mark.parametrize("role", ["adjudicator", "claim_reviewer", "product_manager", "security_admin"])
    def test_not_these(self, role):
        assert signed_in(StaffPostFactory(roles=[role])).get(reverse(PAGE)).status_code == 404

    def test_a_branch_sees_only_what_concerns_its_employers_and_applicants(self, post):
        branch = BranchFactory(parent=post.branch, level="city")
        ours, theirs = (
            EmployerFactory(branch=branch),
            EmployerFactory(branch=BranchFactory(parent=post.branch, level="city")),
        )
        applicant = RegistrationFactory(branch=branch)
        message(1, employer_id=ours.pk)
        message(2, employer_id=theirs.pk)
        message(3, mobile=applicant.handler_mobile)
        message(4)
        page = read(signed_in(StaffPostFactory(registrar=True, branch=branch)))
        assert [n for n in (1, 2, 3, 4) if f"第{n}条" in page] == [1, 3]

    def test_the_whole_association_sees_all(self, client):
        message(1, employer_id=EmployerFactory().pk)
        message(2)
        page = read(client)
        assert "第1条" in page
        assert "第2条" in page


class TestWhatIsHidden:
    def test_verification_codes_can_never_be_read(self, client):
        notifications.queue_sms("mobile_code", to="13800138000", key="code:1", at=NOON, code="482913", purpose="登录")
        page = read(client)
        assert "482913" not in page
        assert "验证码······，5分钟内有效" in page

    def test_a_code_of_an_unknown_template_is_hidden_too(self):
        assert "482913" not in presenter.hide_codes(message(template="gone", body="您的动态口令482913"))

    def test_slip_numbers_and_amounts_stay_readable(self):
        shown = presenter.hide_codes(
            message(template="payment_notice", body="应缴9500.00元，缴款单号JK20250811000012X")
        )
        assert "9500.00" in shown
        assert "JK20250811000012X" in shown

    def test_mobiles_are_masked(self, client):
        message()
        page = read(client)
        assert "138****8000" in page
        assert "13800138000" not in page

    def test_every_template_has_a_name(self):
        assert set(presenter.LABELS) >= set(TEMPLATES)


class TestFilters:
    def test_by_template_state_and_day(self, client):
        message(1, template="mobile_code")
        message(2, state=MessageState.FAILED)
        message(3, queued_at=NOON - dt.timedelta(days=1))
        assert "第1条" in read(client, template="mobile_code")
        assert "第2条" not in read(client, template="mobile_code")
        assert "第2条" in read(client, state="failed")
        assert "第3条" not in read(client, state="failed")
        assert "第3条" in read(client, day="2026-11-22")
        assert "第1条" not in read(client, day="2026-11-22")

    def test_days_begin_and_end_in_shanghai(self, client):
        message(1, queued_at=dt.datetime(2026, 11, 23, 0, 0, tzinfo=SHANGHAI))
        message(2, queued_at=dt.datetime(2026, 11, 23, 23, 59, 59, tzinfo=SHANGHAI))
        message(3, queued_at=dt.datetime(2026, 11, 24, 0, 0, tzinfo=SHANGHAI))
        page = read(client, day="2026-11-23")
        assert [n for n in (1, 2, 3) if f"第{n}条" in page] == [1, 2]

    @pytest.mark.parametrize(
        "query", [{"day": "昨天"}, {"state": "nowhere"}, {"template": "'"}, {"after": "x"}, {"after": "9" * 40}]
    )
    def test_nonsense_is_said_and_left_out(self, client, query):
        message(1)
        assert "第1条" in read(client, **query)

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    def test_the_ends_of_the_calendar(self, client, day):
        assert "没有符合条件的短信" in read(client, day=day)

    def test_by_mobile_is_posted(self, client):
        message(1)
        message(2, mobile="13900139000")
        page = client.post(reverse(PAGE), {"mobile": " +86 139-0013-9000 "}).content.decode()
        assert "第2条" in page
        assert "第1条" not in page

    def test_a_mobile_in_the_address_is_ignored(self, client):
        message(1)
        message(2, mobile="13900139000")
        assert "第1条" in read(client, mobile="13900139000")

    def test_no_mobile_is_said_with_what_was_typed(self, client):
        answer = client.post(reverse(PAGE), {"mobile": "138001"})
        assert answer.status_code == 422
        assert "不是 11 位" in answer.content.decode()
        assert 'value="138001"' in answer.content.decode()


class TestPages:
    def test_turns_by_key_forth_and_back(self, client):
        for number in range(keyset.PAGE + 20):
            message(number)
        first = client.get(reverse(PAGE))
        second = client.get(reverse(PAGE), {"after": first.context["page"].after})
        back = client.get(reverse(PAGE), {"before": second.context["page"].before})
        assert [len(answer.context["lines"]) for answer in (first, second, back)] == [keyset.PAGE, 20, keyset.PAGE]
        assert second.context["page"].after is None
        assert back.context["page"].rows == first.context["page"].rows
        assert back.context["page"].before is None

    def test_a_search_by_mobile_turns_by_post(self, client):
        for number in range(keyset.PAGE + 1):
            message(number)
        answer = client.post(reverse(PAGE), {"mobile": "13800138000"})
        second = client.post(reverse(PAGE), {"mobile": "13800138000", "after": answer.context["page"].after})
        assert [line.message.key for line in second.context["lines"]] == ["test:0"]

    def test_as_many_queries_for_many_rows(self, client):
        """Session, user, post; messages, employers, counts; the menu's badges."""
        employers = [EmployerFactory() for _ in range(5)]
        for number in range(5):
            message(number, employer_id=employers[number].pk)
        few = count_queries(lambda: read(client))
        for number in range(5, 95):
            message(number, employer_id=employers[number % 5].pk)
        assert count_queries(lambda: read(client)) == few
