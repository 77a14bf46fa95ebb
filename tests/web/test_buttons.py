"""
A button is shown if and only if the operation would allow it: every page of a record × everybody × whose it is × every state.

Found, never listed: a page is a GET route, its buttons are the routes at the same record that act (their acts stand in the access
table), a button is shown if its address stands in the page. What must come out is `policy.may`, the row that the operation asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, models, transaction
from django.urls import reverse

from huzhu.accounts import policy
from huzhu.accounts import queries as accounts
from huzhu.accounts.models import StaffPost
from huzhu.accounts.permissions import Account, Grant
from huzhu.accounts.roles import EmployerRole, StaffRole
from huzhu.announcements.models import Announcement
from huzhu.billing.models import BankStatement, BankTransaction, PaymentSlip
from huzhu.cover.models import PolicyBinding
from huzhu.employers.models import BranchTransfer, ChangeRequest, HandOver, Registration
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.policies.models import Policy
from huzhu.receipts.models import ReceiptRequest
from huzhu.shared.actors import Actor, Side
from tests.policy import open_to
from tests.web.test_rights_matrix import ROUTES, Person, Route, ask, person
from tests.web.world import Owner, World

pytestmark = pytest.mark.slow

MODELS: dict[str, type[models.Model]] = {
    "registration": Registration,
    "change": ChangeRequest,
    "hand_over": HandOver,
    "binding": PolicyBinding,
    "transfer": BranchTransfer,
    "request": ReceiptRequest,
    "submitted": EnrolmentApplication,
    "draft": EnrolmentApplication,
    "slip": PaymentSlip,
    "line": BankTransaction,
    "statement": BankStatement,
    "announcement": Announcement,
    "policy": Policy,
    "user": StaffPost,
}
# What an act is asked about, where that is not the record of the page.
ASKED: dict[str, Callable[[Any], Any]] = {
    "announcement.write": lambda one: one.branch,
    "bank.keep": lambda one: None,
    "enrolment.reissue": lambda one: one.application if isinstance(one, PaymentSlip) else one,
    "account.secure": lambda post: Account(post.user, post.branch),
    "staff.grant": lambda post: Grant(post, [str(StaffRole.SECURITY_ADMIN)], is_first()),
}
# Routes that page and record share but which stand on another page, or wait for more than the table knows; each with the reason.
ELSEWHERE = {
    "office:slip-reissue": "for an expired slip that no other has replaced",
    "office:statement-close": "until it is closed",
    "office:announcement-remind": "for what is in force, and not reminded of today",
    "office:announcement-edit": "for drafts",
    "office:announcement-publish": "with somebody whom it reaches",
    "office:matching-confirm": "with an open proposal",
    "employer:application-form-upload": "on the page of the application",
    "office:announcement-export": "for what has been told",
    "office:user-disable": "for an account in use",
    "office:user-enable": "for a disabled account",
    "office:user-unlock": "for a locked account",
    "office:user-factor": "for an account with a second factor",
    "employer:slip-cancel": "as long as nothing has arrived",
    "employer:slip-extension": "for a slip that waits for money",
    "employer:application-split": "where only some people were returned",
    "employer:application-edit": "the wizard, or taking back for it",
    "employer:application-recall": "until somebody has claimed it",
    "employer:application-renewal-change": "in the draft of a renewal, beside its people",
    "employer:application-delete": "asked for in a dialog of the list too",
    "office:change-reveal": "beside the masked value, if there is one",
}


def is_first() -> bool:
    return not accounts.has_active(StaffRole.SECURITY_ADMIN)


STAFF = [f"{place} {role}" for role in StaffRole.values for place in ("province", "city")]
PEOPLE = [*STAFF, *(f"employer {role}" for role in EmployerRole.values)]


def get_desks() -> dict[str, list[Route]]:
    """Each page of one record with the routes that act on that record."""
    desks = {}
    for page in ROUTES:
        kinds = list(page.kinds.values())
        if len(kinds) != 1 or kinds[0] not in MODELS or page.rule is None or "GET" not in page.methods:
            continue
        here = [
            one
            for one in ROUTES
            if one.rule
            and one.rule.acts
            and one.kinds == page.kinds
            and one.rule.side == page.rule.side
            and not is_read_by_others(one)
            and one.name.startswith(f"{page.name}-")
        ]
        if here and not page.rule.acts:
            desks[page.name] = here
    desks["office:matching-line"] = [
        one for one in ROUTES if one.name.startswith("office:matching-") and one.rule.acts and one.kinds
    ]
    return desks


def is_read_by_others(route: Route) -> bool:
    """Test if the route is a page that others than those who act may open, so that a link to it is no promise to act."""
    acting = {role for act in route.rule.acts for role in policy.get_rule(act).get_roles(route.rule.side)}
    return not route.rule.roles <= acting


DESKS = get_desks()


@contextmanager
def as_if(record: models.Model, state: str) -> Iterator[bool]:
    """The record in a state, for as long as this lasts; False if the database knows no such record."""
    with transaction.atomic():
        is_possible = True
        if state:
            try:
                with pgtrigger.ignore(), transaction.atomic():
                    type(record)._default_manager.filter(pk=record.pk).update(state=state)
            except IntegrityError:
                is_possible = False
        yield is_possible
        transaction.set_rollback(True)


def get_actor(who: Person) -> Actor:
    """The person as operations are told of them."""
    post = StaffPost.objects.select_related("branch").filter(user=who.user).first()
    return Actor(
        user_id=who.user.pk,
        name=who.user.name,
        person=who.user.mobile,
        side=who.side,
        roles=frozenset({who.role}),
        branch_path=post.branch.path if post else None,
        employer_id=None if post else who.user.memberships.get(ended_at=None).employer_id,
    )


def find_faults(who: Person, made: World) -> Iterator[tuple[str, bool]]:
    """Every button, each with whether it is as the table says; named by page, button, state and person."""
    by = get_actor(who)
    for page_name, acting in DESKS.items():
        page = next(one for one in ROUTES if one.name == page_name)
        if page.rule.side != who.side or who.role not in page.rule.roles:
            continue
        (parameter,), (kind,) = page.kinds.keys(), page.kinds.values()
        for owner in (Owner.OWN, Owner.OTHER, Owner.ELSEWHERE):
            key = made.get(kind, owner)
            model = MODELS[kind]
            record = model._default_manager.get(**({"user_id": key} if model is StaffPost else {"pk": key}))
            for state in (getattr(model, "state", None) and record._meta.get_field("state").choices) or [("", "")]:
                with as_if(record, state[0]) as is_possible:
                    if not is_possible:
                        continue
                    now = model._default_manager.get(pk=record.pk)
                    answer = ask(who.client, "GET", reverse(page_name, kwargs={parameter: key}), ())
                    for route in acting:
                        shown = f'"{reverse(route.name, kwargs={parameter: key})}'.encode() in answer.body
                        allowed = any(
                            policy.may(by, act, ASKED.get(act, lambda one: one)(now)) for act in route.rule.acts
                        )
                        is_right = allowed or not shown if route.name in ELSEWHERE else shown == allowed
                        where = (
                            f"{who.label} {page_name} {route.name} {state[0]} {owner}: shown {shown}, allowed {allowed}"
                        )
                        yield where, is_right


@pytest.mark.parametrize("label", PEOPLE)
def test_a_button_is_shown_if_and_only_if_the_operation_allows_it(label: str, made: World):
    with transaction.atomic():
        found = list(find_faults(person(label, made), made))
        transaction.set_rollback(True)
    faults = [where for where, is_right in found if not is_right]
    assert faults == [], "\n".join(faults)


def test_the_pages_of_every_flow_of_the_office_are_among_them():
    pages = {page for page, acting in DESKS.items() if any("." in act for one in acting for act in one.rule.acts)}
    flows = ("registration", "change", "hand-over", "binding", "transfer", "receipt", "matching-line", "announcement")
    assert {f"office:{name}" for name in flows} <= pages


def test_every_exception_names_a_button():
    assert set(ELSEWHERE) <= {one.name for acting in DESKS.values() for one in acting}


def test_the_twin_with_a_page_that_asks_another_row_is_caught(made: World, monkeypatch: pytest.MonkeyPatch):
    """The operation would let auditors decide, the page asks before the row is changed: the buttons are missed."""
    with transaction.atomic():
        who = person("city auditor", made)
        real = policy.may
        open_to(monkeypatch, "registration.approve", {"auditor"})
        monkeypatch.setattr("huzhu.employers.permissions.may", lambda *given: policy.Verdict("无权"))
        monkeypatch.setattr(policy, "may", real)
        wrong = [where for where, is_right in find_faults(who, made) if not is_right]
        transaction.set_rollback(True)
    assert any("office:registration-approve pending own" in where for where in wrong)


def test_who_may_on_the_table_is_who_may_on_the_page_for_both_sides():
    assert {page.split(":")[0] for page in DESKS} == {str(Side.OFFICE), str(Side.EMPLOYER)}
