"""Menus show what exists and may be used, in the society's words."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path, resolve

from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.shared.workflow import Workflow
from huzhu.ui import icons, menus, tones


def _page(request, **kwargs):
    return HttpResponse()


_EMPLOYER = (
    [
        path("", _page, name="home"),
        path("applications/", _page, name="applications"),
        path("applications/new/", _page, name="application-new"),
        path("members/", _page, name="members"),
        path("receipts/", _page, name="receipts"),
        path("receipt-requests/", _page, name="receipt-requests"),
    ],
    "employer",
)
urlpatterns = [path("employer/", include(_EMPLOYER))]
pytestmark = pytest.mark.urls(__name__)


def labels(**kwargs):
    return [shown.entry.label for section in menus.get_menu("employer", **kwargs) for shown in section.entries]


def test_pages_that_do_not_exist_yet_are_not_shown():
    assert labels() == ["首页", "参保申报进度及查询", "单位开票申请", "单位开票查询", "账号成员"]


def test_sections_without_pages_are_not_shown():
    assert "个人理赔" not in [section.title for section in menus.get_menu("employer")]


def test_entries_of_other_roles_are_not_shown():
    assert "账号成员" in labels(roles={"owner"})
    assert labels(roles={"liaison"}) == ["首页"]


def test_the_access_table_has_the_last_word():
    assert labels(may_open=lambda name: name == "employer:home") == ["首页"]


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("/employer/", "首页"),
        ("/employer/applications/new/", "参保申报进度及查询"),
        ("/employer/receipts/", "单位开票查询"),
        ("/employer/receipt-requests/", "单位开票申请"),
    ],
)
def test_one_entry_is_marked_as_current(address, label):
    sections = menus.get_menu("employer", match=resolve(address))
    assert [shown.entry.label for section in sections for shown in section.entries if shown.is_current] == [label]


def test_counts_come_from_whoever_registered_one(monkeypatch):
    monkeypatch.setattr(menus, "_COUNTERS", {})

    @menus.counts_for("employer")
    def count(request):
        return {"applications": 2}

    counts = menus.get_counts("employer", request=RequestFactory().get("/"))
    shown = {s.entry.label: s.count for section in menus.get_menu("employer", counts=counts) for s in section.entries}
    assert shown["参保申报进度及查询"] == 2
    assert shown["首页"] == 0


def test_every_entry_has_an_icon_and_known_roles():
    known = {*EmployerRole.values, *StaffRole.values}
    for sections in menus.MENUS.values():
        for section in sections:
            for entry in section.entries:
                assert icons.get_drawing(entry.icon)
                assert entry.roles <= known


def test_roles_are_named_as_in_the_accounts():
    assert {**dict(EmployerRole.choices), **dict(StaffRole.choices)} == menus.ROLE_NAMES


@pytest.mark.parametrize("app", ["employers", "enrolment", "billing", "receipts", "notifications"])
def test_every_state_of_every_flow_has_a_tone_of_its_own(app):
    module = __import__(f"huzhu.{app}.states", fromlist=["states"])
    flows = [value for value in vars(module).values() if isinstance(value, Workflow)]
    states = {str(state) for flow in flows for state in flow.states}
    assert states - set(tones.STATES) == set()
