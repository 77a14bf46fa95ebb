"""确认明细 with shares of each person: the field where the plan has it, live amounts and gauges, the filters kept."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from huzhu.enrolment import operations as enrolment
from tests.factories import enrolment as make
from tests.factories import plans
from tests.factories.accounts import StaffPostFactory, office_actor
from tests.factories.employers import MembershipFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(make.NOON, tick=False):
        yield


@pytest.fixture
def free():
    by, second = [office_actor(StaffPostFactory(branch=make.province(), product_manager=True)) for _ in range(2)]
    return plans.published(
        "HOSP25", by=by, second=second, at=make.NOON - dt.timedelta(days=1), valid_from=make.TODAY,
        uniform_shares=False, max_shares=3,
    )  # fmt: skip


@pytest.fixture
def case(free) -> make.Case:
    employer = make.an_employer()
    entries = make.people(employer, 3)
    make.insurance_list(employer, entries)
    by = make.handler(employer)
    draft = enrolment.create_draft(employer_id=employer.pk, by=by, at=make.NOON)
    choices = [(free.pk, 1), (plans.version("ACC25").pk, 1)]
    enrolment.set_plans(application_id=draft.pk, choices=choices, by=by, at=make.NOON)
    enrolment.add_from_roster(application_id=draft.pk, by=by, at=make.NOON)
    enrolment.run_precheck(application_id=draft.pk, by=by, at=make.NOON)
    return make.Case(application=draft, employer=employer, entries=entries, versions=[free])


@pytest.fixture
def clerk(case) -> Client:
    client = Client()
    client.force_login(MembershipFactory(employer=case.employer, handler=True).user, backend=BACKEND)
    return client


def url(case, name: str = "shares") -> str:
    return reverse(f"employer:wizard-members-{name}", args=[case.id])


def page_of(clerk, case, **asked) -> str:
    return clerk.get(reverse("employer:wizard-members", args=[case.id]), asked).content.decode()


def rows(case, code: str):
    return list(case.application.members.filter(application_plan__plan_version__plan__code=code).order_by("pk"))


def test_only_the_plan_that_leaves_them_to_each_has_a_field(clerk, case):
    page = page_of(clerk, case)
    for row in rows(case, "HOSP25"):
        assert f'id="shares-{row.pk}"' in page
    for row in rows(case, "ACC25"):
        assert f'id="shares-{row.pk}"' not in page
    assert "修改份数" in page


def test_where_no_plan_does_there_is_no_field_and_the_operation_says_why(clerk, case):
    by = make.handler(case.employer)
    enrolment.set_plans(application_id=case.id, choices=[(plans.version("ACC25").pk, 1)], by=by, at=make.NOON)
    row = rows(case, "ACC25")[0]
    page = page_of(clerk, case)
    assert "修改份数" not in page
    assert 'id="shares-' not in page
    answer = clerk.post(url(case), {"member": row.pk, f"shares_{row.pk}": "2"}, follow=True)
    assert "规定同一申请每人份数相同" in answer.content.decode()
    row.refresh_from_db()
    assert row.share_count == 1


def test_one_persons_shares_change_the_amounts_and_come_back_to_the_same_filter(clerk, case):
    row = rows(case, "HOSP25")[0]
    plan = row.application_plan_id
    answer = clerk.post(
        url(case), {"member": row.pk, f"shares_{row.pk}": "3", "kept": f"plan={plan}&found=normal"}, follow=True, **HTMX
    )
    assert answer.redirect_chain[-1][0].endswith(f"?found=normal&plan={plan}")
    page = answer.content.decode()
    for words in ("已将 1 人次改为 3 份", "285.00", "合计 3 人次，475.00 元（所筛选的）"):
        assert words in page, words
    assert re.search(r'id="side-panel".*?</aside>', page, re.DOTALL)[0].count("475.00") == 1  # of the plan


def test_ticked_people_together(clerk, case):
    ticked = [row.pk for row in rows(case, "HOSP25")[:2]]
    page = clerk.post(url(case), {"members": ticked, "share_count": "2"}, follow=True).content.decode()
    assert "已将 2 人次改为 2 份" in page
    assert [row.share_count for row in rows(case, "HOSP25")] == [2, 2, 1]


@pytest.mark.parametrize(
    ("posted", "told"),
    [({}, "还没有勾选人员"), ({"member": "one"}, "还没有勾选人员"), ({"members": ["1"]}, "请选择份数")],
)
def test_nothing_chosen_is_told(clerk, case, posted, told):
    assert told in clerk.post(url(case), posted, follow=True).content.decode()


def test_beyond_the_limit_is_told(clerk, case):
    row = rows(case, "HOSP25")[0]
    page = clerk.post(url(case), {"member": row.pk, f"shares_{row.pk}": "9"}, follow=True).content.decode()
    assert "每人可选1至3份" in page


def test_kept_filters_are_read_not_repeated(clerk, case):
    row = rows(case, "HOSP25")[0]
    answer = clerk.post(
        url(case), {"member": row.pk, f"shares_{row.pk}": "2", "kept": "found=nonsense&next=//evil.example&after=5"}
    )
    assert answer.url == reverse("employer:wizard-members", args=[case.id]) + "?after=5"


@pytest.mark.parametrize("act", ["remove", "restore"])
def test_taking_off_and_back_renews_list_panel_gauge_and_message_in_place(clerk, case, act):
    row = rows(case, "HOSP25")[0]
    page = page_of(clerk, case)
    assert "3 / 3 人" in page  # the gauge
    if act == "restore":
        clerk.post(url(case, "remove"), {"members": [row.pk]})
        page = page_of(clerk, case, found="removed")
    assert f'hx-post="{url(case, act)}" hx-target="#step" hx-select="#step"' in page
    assert 'id="messages"' in page  # a place for what is told
    page = clerk.post(url(case, act), {"members": [row.pk]}, follow=True, **HTMX).content.decode()
    assert ("2 / 3 人" in page) == (act == "remove")
    assert ("已移出 1 人次" if act == "remove" else "已恢复 1 人次") in page


def test_the_summary_tells_how_many_have_others(clerk, case):
    row = rows(case, "HOSP25")[0]
    clerk.post(url(case), {"member": row.pk, f"shares_{row.pk}": "2"})
    page = clerk.get(reverse("employer:wizard-submit", args=[case.id])).content.decode()
    assert "1 人另定" in page


def test_somebody_elses_application_is_404(case):
    stranger = Client()
    stranger.force_login(MembershipFactory(employer=make.an_employer(), handler=True).user, backend=BACKEND)
    assert stranger.post(url(case), {"members": ["1"], "share_count": "2"}).status_code == 404
