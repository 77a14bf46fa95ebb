"""Every page, as those see it who may open it: nothing breaks, nothing comes from elsewhere, everybody can use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from django.utils import timezone

from huzhu.accounts.roles import StaffRole
from huzhu.demo.employers import STORIES, Stage
from huzhu.demo.people import STAFF
from huzhu.shared.actors import Side
from huzhu.shared.calendar import local_date
from huzhu.web.access import get_table
from huzhu.web.employer.urls import ROUTES as EMPLOYER
from huzhu.web.office.urls import ROUTES as OFFICE
from huzhu.web.public.urls import ROUTES as PUBLIC
from huzhu.web.routes import Route
from tests.e2e.conftest import Person
from tests.e2e.pages import SAMPLES, Handler, Officer, Visitor

GRAVE = {"serious", "critical"}
LATER_ROWS = "tbody tr:nth-child(n+10)"  # coloured like those above them; measuring a thousand takes seconds
HREFS = "all => all.map(one => one.getAttribute('href'))"
TARGETS = "all => all.flatMap(one => ['action', 'formaction', 'hx-post'].map(name => one.getAttribute(name)))"
MADE_UP = {"int": "999999999", "uuid": "00000000-0000-4000-8000-000000000000", "slug": "x", "str": "x"}
OF_OFFICE = "home users user branches branch parameters parameter announcements announcement bindings plan slip"
SHOWN_ANEW = frozenset(
    {
        "employer:home",
        "employer:application",
        "employer:slip",
        "employer:slips",
        *(f"office:{name}" for name in OF_OFFICE.split()),
    }
)
EMPLOYERS_AT = (
    Stage.RECEIPT_ISSUED,
    Stage.EFFECTIVE,
    Stage.DRAFT,
    Stage.RETURNED,
    Stage.AWAITING_FORM,
    Stage.AWAITING_PAYMENT,
    Stage.REGISTERED,
)
ELSEWHERE = {  # what no link leads to in the demo, and who asks for it
    "public:hand-over-mend": "whose stamped form was returned, behind a proven mobile (tests/web)",
    "public:phone-upload": "a phone behind a QR code of ten minutes (tests/web/test_phone_upload.py)",
    "employer:hand-over-form": "an owner who is not the handler (tests/web)",
    "public:verify-version": "the QR code of a printed policy (tests/web/test_verify.py)",
    "office:registration-reveal": "a dialog beside a hidden number (tests/web)",
    "office:hand-over-reveal": "a dialog beside a hidden number (tests/web)",
    "office:user-reveal": "a dialog beside a hidden number (tests/web)",
    "office:member-reveal": "a dialog beside a hidden number (tests/web)",
    "office:policy-reveal": "a dialog beside a hidden number (tests/web)",
    "office:review-reveal": "a dialog beside a hidden number (tests/web)",
    "employer:hand-over-reveal": "a dialog beside a hidden number (tests/web)",
    "employer:member-reveal": "a dialog beside a hidden number (tests/web)",
    "employer:policy-reveal": "a dialog beside a hidden number (tests/web)",
    "office:change-reveal": "a dialog beside a hidden number (tests/web)",
    "office:transfer-new": "a registrar who moves an employer (tests/web)",
    "office:transfer-new-many": "a registrar who moves many employers (tests/web)",
    "office:work-copy-send": "a dialog of the desk (tests/web)",
    "office:user-enable": "only beside an account that is closed (tests/web)",
    "office:user-unlock": "only beside an account that is locked (tests/web)",
    "office:user-factor": "only beside an account with an authenticator (tests/web)",
    "office:parameter-change": "a system administrator, from one parameter (tests/web)",
    "office:branch-move": "a system administrator, from a branch below another (tests/web)",
    "office:branch-close": "a system administrator, from an empty branch (tests/web)",
    "office:announcement-edit": "whoever drafts an announcement (tests/web)",
    "office:gift-edit": "a product manager, from a draft (tests/web)",
    "employer:policy-renew": "an employer whose cover ends soon (tests/web)",
    "employer:application-renewal": "the draft of a renewal (tests/web)",
    "office:plan-edit": "a product manager, from a draft (tests/web)",
    "office:plan-benefits": "a product manager, from a draft (tests/web)",
    "office:plan-cases": "a product manager, from a draft (tests/web)",
    "office:plan-new": "a product manager, from the list of plans (tests/web)",
    "office:gift-new": "a product manager, from the list of campaigns (tests/web)",
    "office:plan-window": "a product manager, from a version on sale (tests/web)",
    "office:slip-arrival": "a panel that loads when somebody scrolls to it (tests/web)",
    "office:code-entry-new": "a system administrator, from one list (tests/code_lists)",
    "office:code-entry-change": "a system administrator, from one entry (tests/code_lists)",
    "office:branch-reopen": "only beside a branch that is closed (tests/web)",
    "employer:roster-bulk-result": "whoever has changed many people at once (tests/web)",
    "employer:roster-import-progress": "the page of a large import, while its job runs",
    "office:past-policies-result": "whoever has taken over a list of old policies (tests/cover)",
    "office:past-policies-errors": "whoever has sent a list of old policies with errors (tests/cover)",
    "office:past-policies-upload": "the page of a large list, while its job runs",
    "office:past-policies-progress": "the page of a large list, while its job runs",
    "office:statement-progress": "the page of a large statement, while its job runs",
}


@dataclass
class Walk:
    """A walk through the site: which routes were opened and which only take what is posted, and what was wrong on the way."""

    opened: dict[str, str] = field(default_factory=dict)
    posted: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)

    def go(self, visitor: Visitor, starts: Sequence[str]) -> None:
        """
        Open the starts and what links lead to from there: one page of each route, and each of its tabs. What somebody has opened
        before is left out, except pages that show everybody something else.
        """
        been: set[tuple[str, str]] = set()
        ahead = list(starts)
        while ahead:
            address = ahead.pop(0)
            route, tab = route_of(address)
            is_known = f"{route} {tab}" in self.opened and (tab or route not in SHOWN_ANEW) and address not in starts
            if not route or is_known or (route, tab) in been:
                continue
            been.add((route, tab))
            ahead += self._open(visitor, address, key=f"{route} {tab}")

    def _open(self, visitor: Visitor, address: str, *, key: str) -> list[str]:
        answer = visitor.ask(address)
        if answer.status == 405:
            self.posted.add(key.split()[0])
            return []
        if answer.status >= 400:
            self.troubles.append(f"{answer.status} {address}")
            return []
        self.opened[key] = address
        if answer.status in (301, 302):
            return [urlsplit(answer.headers["location"]).path]
        if not answer.headers["content-type"].startswith("text/html"):
            return []
        visitor.person.go(address)
        return self.look(visitor)

    def look(self, visitor: Visitor) -> list[str]:
        """Judge the page somebody stands at, and see where it leads."""
        page, here = visitor.page, urlsplit(visitor.page.url).path
        shape = Axe().run(
            page, options={"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
        )
        colours = Axe().run(page, context={"exclude": [LATER_ROWS]}, options={"runOnly": ["color-contrast"]})
        for found in shape.response["violations"] + colours.response["violations"]:
            if found["impact"] in GRAVE:
                self.troubles.append(f"{here} {found['id']}: {[node['html'][:160] for node in found['nodes'][:3]]}")
        for target in page.locator("form[method=post], [formaction], [hx-post]").evaluate_all(TARGETS):
            if target:
                self.posted.add(route_of(target)[0])
        hrefs = page.locator("a[href^='/'], a[href^='?']").evaluate_all(HREFS)
        return [href if href.startswith("/") else here + href for href in dict.fromkeys(hrefs)]


def route_of(address: str) -> tuple[str, str]:
    """The route that answers an address, and the tab it asks for; no route if it is no page of the site."""
    parts = urlsplit(address)
    try:
        return resolve(parts.path).view_name, parse_qs(parts.query).get("tab", [""])[0]
    except Resolver404:
        return "", ""


def all_routes() -> dict[str, tuple[Route, str]]:
    """Every route by name, with an address of it; made-up arguments where it takes some."""
    found = {}
    for audience, prefix, routes in (
        ("public", "/", PUBLIC),
        ("employer", "/employer/", EMPLOYER),
        ("office", "/office/", OFFICE),
    ):
        for route in routes:
            found[f"{audience}:{route.name}"] = (
                route,
                prefix + re.sub(r"<(\w+):\w+>", lambda m: MADE_UP[m[1]], route.path),
            )
    return found


@pytest.mark.parametrize("site", ["demo"], indirect=True)
def test_every_page_works_for_those_who_may_open_it(person: Callable[[], Person]) -> None:
    """
    Strangers, the staff, and handlers of employers in different states walk from link to link; at the end every route of the
    access table was opened by somebody, or takes only what is posted. On every page axe finds nothing serious, and the stage
    itself fails on errors, on violations of the content security policy, on other hosts and on answers of 500.
    """
    walk = Walk()
    without = [address for route, address in all_routes().values() if "<" not in route.path]
    stranger = Visitor(person())
    walk.go(stranger, [address for address in without if not address.startswith(("/employer/", "/office/"))])
    walk_at_the_door(walk, stranger)
    staff = {one.roles: one for one in reversed(STAFF) if one.roles}.values()  # one of each role
    officers = [walk_office(walk, Officer(person()), name=one.name, roles=one.roles) for one in staff]
    handlers = [walk_employer(walk, Handler(person()), stage=stage) for stage in EMPLOYERS_AT]
    assert not walk.troubles, "\n".join(walk.troubles)

    opened = {key.split()[0] for key in walk.opened} | walk.posted
    askers = {Side.OFFICE: officers, Side.EMPLOYER: handlers, None: [stranger]}
    forgotten = []
    for name, (route, address) in all_routes().items():
        asked = () if name in opened | ELSEWHERE.keys() else askers[route.access.side]
        if asked and 405 not in {asker.ask(address).status for asker in asked}:
            forgotten.append(name)
    assert set(all_routes()) == set(get_table())
    assert not forgotten, " ".join(forgotten)


def walk_at_the_door(walk: Walk, stranger: Visitor) -> None:
    """The pages behind a proven mobile: the form of registration, and the progress of one."""
    stranger.person.go("/register/")
    stranger.prove_mobile("13700001234")
    stranger.stands_at("填写单位资料")
    walk.look(stranger)
    stranger.person.go("/hand-over/")
    stranger.prove_mobile("13700001234")
    stranger.stands_at("变更经办人")
    walk.look(stranger)
    stranger.person.go("/progress/")
    stranger.prove_mobile(STORIES[0].mobile)
    stranger.stands_at("进度与邀请")
    walk.go(stranger, walk.look(stranger))


def walk_office(walk: Walk, officer: Officer, *, name: str, roles: tuple[str, ...]) -> Officer:
    """One of the staff goes where the menu and the lists lead."""
    officer.sign_in_by_click(name)
    if StaffRole.REGISTRAR in roles:
        day = local_date(timezone.now()).isoformat()
        walk.go(officer, ["/office/registrations/?state=approved", f"/office/cover/day/?day={day}"])
    if StaffRole.CASHIER in roles:
        walk.go(officer, ["/office/receipts/?state=issued"])
    walk.go(officer, ["/office/"])
    if name == STAFF[0].name:
        officer.person.go("/office/")
        officer.person.picture("office-home")
    if StaffRole.CASHIER in roles:
        officer.person.go("/office/matching/")
        officer.person.picture("matching")
    return officer


def walk_employer(walk: Walk, handler: Handler, *, stage: Stage) -> Handler:
    """The handler of the first employer that has come so far goes where the menu and the lists lead."""
    handler.sign_in_by_click(next(story.handler for story in STORIES if story.stage == stage))
    match stage:
        case Stage.RECEIPT_ISSUED:
            handler.import_roster(SAMPLES / "roster-dirty-300.xlsx")
            handler.compare_with(SAMPLES / "insurance-list.xlsx")
            walk.look(handler)
            handler.follow("单位开票查询")
            number, code, check, *_ = handler.page.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
            walk.go(handler, [f"/verify/receipt/{code}/{number}/{check}/"])
        case Stage.EFFECTIVE:
            handler.choose_policies()
            walk.look(handler)
            walk.go(handler, [handler.here])
        case Stage.DRAFT:
            handler.take_up("继续填写参保申请")
            handler.follow("继续填报")
            handler.follow("导入人员")
            handler.upload("人员文件", SAMPLES / "roster-dirty-300.xlsx")
            walk.go(handler, [handler.here])
    walk.go(handler, ["/employer/"])
    return handler
