"""
The generated matrix of rights: every route × method × role × owner of the record in its address (security.md §2).

What must come out is computed, never listed: the access table says for whom a route is open, the place of the employer in the
tree says whose records somebody sees. Shut routes and foreign records answer 404, byte for byte as what does not exist; own records
never answer 403, 404 or a fault; a method that a route does not take is 405, but only for whom the route is open.

Left out of the comparison, because it is random in each answer: the `X-Request-ID` and `Set-Cookie` headers, and the masked CSRF
token of a page's forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from huzhu.accounts import scope
from huzhu.accounts.codes import Purpose
from huzhu.accounts.models import User
from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.shared.actors import Side
from huzhu.web import access
from tests.factories.accounts import ALWAYS, StaffPostFactory, UserFactory
from tests.factories.employers import MembershipFactory
from tests.web import traced, world
from tests.web.world import Owner, Seen, World

pytestmark = pytest.mark.slow

BACKEND = "django.contrib.auth.backends.ModelBackend"
PLAIN, HTMX = (), (("HX-Request", "true"),)
REQUESTS = [("GET", PLAIN), ("POST", PLAIN), ("GET", HTMX), ("POST", HTMX), ("PUT", PLAIN)]
NOWHERE = {"int": 999_999_999, "uuid": "00000000-0000-4000-8000-000000000000", "str": "nothing", "slug": "nothing"}
TOKEN = re.compile(rb'(name="(?:csrfmiddlewaretoken|form_key)" value=|"X-CSRFToken": )"[^"]+"')

# Where a page answers 403 or 404 to somebody for whom its route is open and the record visible; each with the reason.
REFUSED = {
    (
        "office:parameter-confirm",
        "POST",
        "*",
    ): "the whole association's change is seen by all, confirmed by the root's staff",
    ("office:code-entry-close", "POST", "system_admin"): "the lists are read by all administrators, kept by the root's",
    (
        "office:code-entry-reopen",
        "POST",
        "system_admin",
    ): "the lists are read by all administrators, kept by the root's",
    (
        "office:row-changes-export",
        "POST",
        "auditor",
    ): "rows belong to no branch: the page tells a branch's auditor who may",
    **dict.fromkeys(
        [("office:slip-request-cancellation-approve", "POST", role) for role in ("cashier", "cashier_reviewer")],
        "money goes back by the root's cashiers: the page tells a branch's who may",
    ),
    ("office:row-changes-export", "POST", "security_admin"): "rows belong to no branch, as above",
    ("employer:roster-person", "POST", "viewer"): "reads the person, and is told why nothing can be saved",
    ("employer:roster-person", "POST", "finance"): "reads the person, and is told why nothing can be saved",
    ("employer:hand-over", "POST", "*"): "offering is for the handler and the administrators; the page is read by all",
    (
        "employer:policy-renew",
        "POST",
        "finance",
    ): "the offer is read by all members, drafts are made by those who fill in",
    ("employer:policy-renew", "POST", "viewer"): "the offer is read by all members, as above",
    ("employer:switch", "POST", "*"): "names no employer, and one that is not the own is as if it did not exist",
    (
        "employer:roster-import-errors",
        "*",
        "*",
    ): "the import of the world has no bad cells, so there is no workbook of them",
}

# Where a record of an own record is gone, the page of the own record says so; a foreign one is as if it were gone.
TOLD_AS_GONE = {"employer:wizard-proof-remove"}


@dataclass(frozen=True)
class Route:
    """One pattern of the resolver."""

    name: str
    parameters: dict[str, str]  # name → kind of converter
    methods: frozenset[str]
    rule: access.Access | None

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of record each parameter stands for."""
        return {parameter: world.get_kind(self.name, parameter) for parameter in self.parameters}


@dataclass(frozen=True)
class Person:
    """Somebody with one role at one place."""

    label: str
    side: Side
    role: str
    user: User | None
    path: str  # of the branch; empty for an employer's people
    client: Client

    def sees(self, seen: Seen, owner: Owner, made: World) -> bool:
        """Whether the rule lets this person see a record of that owner."""
        if owner == Owner.NOBODY:
            return False
        if self.side == Side.PUBLIC:
            return owner == Owner.OWN
        is_inside = bool(self.path) and made.employers[owner].branch.path.startswith(self.path)
        match seen:
            case Seen.BY_ALL:
                return True
            case Seen.BY_PERSON:
                return self.user == made.people[owner]
            case Seen.BY_ASSOCIATION:
                return self.path == made.province.path
            case Seen.BY_OFFICE:
                return is_inside
            case Seen.BY_ADMINISTRATOR:
                return is_inside and self.role == StaffRole.SYSTEM_ADMIN
        return owner == Owner.OWN if self.side == Side.EMPLOYER else is_inside


def _walk(resolver: URLResolver, namespace: str = "") -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            kinds = {
                name: type(one).__name__.removesuffix("Converter").lower().replace("string", "str")
                for name, one in pattern.pattern.converters.items()
            }
            methods = frozenset(traced.get_methods(pattern.callback))
            yield Route(f"{namespace}{pattern.name}", kinds, methods, getattr(pattern, "access", None))


ROUTES = list(_walk(get_resolver()))
SIDED = [route for route in ROUTES if route.rule and route.rule.side]
ADDRESSED = [route for route in ROUTES if route.rule and not route.rule.side and route.parameters]
PEOPLE = [f"employer {role}" for role in EmployerRole.values] + [
    f"{place} {role}" for role in StaffRole.values for place in ("province", "city")
]


def person(label: str, made: World) -> Person:
    """
    Somebody by label: signed in with a factor that does not grow stale, or a stranger who has proven a mobile.
    """
    place, role = label.split()
    if place == "public":
        client = Client()
        session = client.session
        until = (timezone.now() + timedelta(minutes=30)).isoformat()
        session[f"proof:{Purpose.PROGRESS}"] = {"mobile": world.APPLICANT, "user_id": None, "until": until}
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return Person(label, Side.PUBLIC, role, None, "", client)
    path = ""
    if place == "employer":
        side, user = Side.EMPLOYER, UserFactory()
        MembershipFactory(user=user, employer=made.employers[Owner.OWN], roles=[role])
    else:
        branch = made.province if place == "province" else made.city
        side, path, user = Side.OFFICE, branch.path, StaffPostFactory(branch=branch, roles=[role]).user
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session.prove(at=ALWAYS, proof="authenticator")
    session.save()
    return Person(label, side, role, user, path, client)


def ask(client: Client, method: str, address: str, headers: tuple[tuple[str, str], ...]) -> HttpResponse:
    """One request that leaves nothing behind, neither in the database nor in the browser."""
    with transaction.atomic():
        answer = client.generic(method, address, headers=dict(headers))
        answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    for name in set(client.cookies) - {settings.SESSION_COOKIE_NAME}:
        del client.cookies[name]
    return answer


def shape(answer: HttpResponse) -> tuple[int, dict[str, str], bytes]:
    """An answer without what is random in it."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-ID", "Set-Cookie")}
    return answer.status_code, headers, TOKEN.sub(b"", answer.body)


def get_records(route: Route) -> list[str]:
    """The parameters of a route that stand for somebody's record."""
    return [name for name, kind in route.kinds.items() if world.MAKERS[kind].seen != Seen.BY_ALL]


def get_owners(route: Route) -> list[dict[str, Owner]]:
    """
    Whose records to put into the route's address; where it names two, also the own one with each foreign one in it.
    """
    records = get_records(route)
    choices = [dict.fromkeys(records, owner) for owner in (Owner if records else [Owner.OWN])]
    if len(records) > 1:
        choices += [{**choices[0], name: owner} for owner in list(Owner)[1:] for name in records]
    return choices


def get_address(route: Route, owners: dict[str, Owner], made: World) -> str:
    """The address with the records of these owners."""
    values = {
        name: NOWHERE[converter]
        if owners.get(name) == Owner.NOBODY
        else made.get(route.kinds[name], owners.get(name, Owner.OWN))
        for name, converter in route.parameters.items()
    }
    return reverse(route.name, kwargs=values)


def find_faults(who: Person, route: Route, made: World) -> Iterator[str]:
    """Everything that is not as the table and the rule of scope say."""
    is_open = route.rule.side is None or (route.rule.side == who.side and who.role in route.rule.roles)
    for owners, (method, headers) in product(get_owners(route), REQUESTS):
        if not is_worth_asking(who, set(owners.values()), is_open=is_open, is_fragment=bool(headers)):
            continue
        if not set(owners.values()) <= {Owner.OWN} and method not in route.methods:
            continue  # refused before any record is looked for
        answer = ask(who.client, method, get_address(route, owners, made), headers)
        status = answer.status_code
        seen = all(who.sees(world.MAKERS[route.kinds[name]].seen, owner, made) for name, owner in owners.items())
        where = f"{who.label} {method}{' htmx' if headers else ''} {route.name} {[str(one) for one in owners.values()]}"
        if is_open and method not in route.methods:
            is_right = status == 405
        elif is_open and seen:
            is_right = status < 500 and status not in (403, 404, 405)
            is_right |= status in (403, 404) and is_known_refusal(route, method, who.role)
        elif is_open and len(set(owners.values())) > 1 and route.name in TOLD_AS_GONE:
            nobodys = {name: owner if owner == Owner.OWN else Owner.NOBODY for name, owner in owners.items()}
            is_right = shape(answer) == shape(ask(who.client, method, get_address(route, nobodys, made), headers))
        else:
            is_right = status == 404
            if is_right and shape(answer) != get_missing(who, method, headers):
                yield f"{where}: differs from a page that does not exist"
        if not is_right:
            yield f"{where}: {status}"


def is_known_refusal(route: Route, method: str, role: str) -> bool:
    """Test if a page is known to refuse this, although its route is open and the record visible."""
    return any((route.name, way, who) in REFUSED for way in (method, "*") for who in (role, "*"))


def is_worth_asking(who: Person, owners: set[Owner], *, is_open: bool, is_fragment: bool) -> bool:
    """
    Left out are the combinations that repeat another: a shut route looks for no record, knows no fragments and is the same at every
    branch; fragments are asked for own records, for those of one stranger to both sides, and for none.
    """
    if not is_open:
        return owners <= {Owner.OWN} and not is_fragment and not who.label.startswith("city")
    return not is_fragment or owners <= {Owner.OWN, Owner.ELSEWHERE, Owner.NOBODY}


@cache
def get_missing(who: Person, method: str, headers: tuple[tuple[str, str], ...]) -> Any:
    """The answer to an address that does not exist, for this person."""
    return shape(ask(who.client, method, "/office/there/is/no/such/page/", headers))


@pytest.mark.parametrize("label", PEOPLE)
def test_every_route_answers_as_the_table_and_the_scope_say(label: str, made: World):
    with transaction.atomic():
        who = person(label, made)
        faults = [fault for route in SIDED for fault in find_faults(who, route, made)]
        transaction.set_rollback(True)
    assert faults == [], "\n".join(faults)


def test_a_proven_mobile_opens_what_is_addressed_to_it_and_nothing_else(made: World):
    with transaction.atomic():
        who = person("public applicant", made)
        faults = [fault for route in ADDRESSED for fault in find_faults(who, route, made) if get_records(route)]
        transaction.set_rollback(True)
    assert faults == [], "\n".join(faults)


def test_every_parameter_of_an_address_has_a_maker():
    unknown = {(route.name, name) for route in ROUTES for name, kind in route.kinds.items() if kind not in world.MAKERS}
    assert unknown == set(), "say in tests/web/world.py how such a record is made"


def test_every_exception_names_a_route():
    names = {route.name for route in ROUTES}
    assert {name for name, _, _ in REFUSED} | TOLD_AS_GONE <= names


class TestTwins:
    """The same matrix with a protection taken away must find what the protection keeps out."""

    def test_without_the_access_table_the_shut_routes_open(self, made: World, monkeypatch: pytest.MonkeyPatch):
        shut = [route for route in SIDED if route.name in ("office:registrations", "office:users", "employer:members")]
        with transaction.atomic():
            who = person("employer viewer", made)
            monkeypatch.setattr(access.Access, "admits", lambda self, actor: True)
            faulty = {fault.split()[3] for route in shut for fault in find_faults(who, route, made)}
            transaction.set_rollback(True)
        assert faulty == {route.name for route in shut}

    def test_without_the_rule_of_scope_every_page_of_a_record_shows_foreign_ones(
        self, made: World, monkeypatch: pytest.MonkeyPatch
    ):
        """Files have a rule of their own, and so have the bank and old policies: the root's staff or nobody."""
        monkeypatch.setattr(scope, "narrow", lambda rows, actor, **lookups: rows)
        monkeypatch.setattr("tests.web.test_rights_matrix.REQUESTS", [("GET", PLAIN)])
        blind = set()
        with transaction.atomic():
            for label in ("employer owner", "city registrar", "city cashier"):
                who = person(label, made)
                for route in SIDED:
                    kinds = {world.MAKERS[kind].seen for kind in route.kinds.values()} - {Seen.BY_ALL}
                    is_shown = (
                        "GET" in route.methods
                        and kinds
                        and route.rule.side == who.side
                        and who.role in route.rule.roles
                    )
                    if is_shown and not list(find_faults(who, route, made)):
                        blind.add(route.name)
            transaction.set_rollback(True)
        bank = {"office:statement", "office:statement-progress", "office:matching-line"}
        old = {f"office:past-policies-{page}" for page in ("result", "errors", "upload", "progress")}
        own = {
            "employer:member-reveal",  # members are looked up among those of the account one is in
            "office:gift",  # campaigns by the branches one sees, which have a rule of their own
        }
        assert blind <= bank | old | own | {"employer:file", "employer:roster-import-errors"}
