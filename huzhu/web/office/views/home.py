"""工作台: what waits for me, by kind and age, each with the page that settles it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.audit.models import AuditEvent
from huzhu.billing.models import BankTransaction, PaymentSlip
from huzhu.billing.states import SlipState, TransactionState
from huzhu.cover.models import Cover
from huzhu.employers.models import Employer, Registration
from huzhu.employers.states import RegistrationState
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.receipts.models import ReceiptRequest
from huzhu.receipts.states import RequestState
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import today
from huzhu.ui.menus import counts_for, url_or_none
from huzhu.web import access

LATEST_ACTS = 12


@dataclass(frozen=True)
class WorkList:
    """One kind of work: who does it, what waits, since when, and its page."""

    key: str
    label: str
    page: str
    roles: frozenset[str]
    waiting: Callable[[Actor], QuerySet]
    since: str


WORK_LISTS = (
    WorkList(
        "registrations",
        "单位审核",
        "office:registrations",
        frozenset({StaffRole.REGISTRAR}),
        lambda actor: Registration.objects.visible_to(actor).filter(state=RegistrationState.PENDING),
        "submitted_at",
    ),
    WorkList(
        "first_reviews",
        "参保初审",
        "office:first-reviews",
        frozenset({StaffRole.REGISTRAR}),
        lambda actor: EnrolmentApplication.objects.visible_to(actor).filter(state=State.FIRST_REVIEW),
        "submitted_at",
    ),
    WorkList(
        "second_reviews",
        "参保复审",
        "office:second-reviews",
        frozenset({StaffRole.REVIEWER}),
        lambda actor: EnrolmentApplication.objects.visible_to(actor).filter(state=State.SECOND_REVIEW),
        "submitted_at",
    ),
    WorkList(
        "matching",
        "到账匹配",
        "office:matching",
        CASHIERS,
        lambda actor: BankTransaction.objects.visible_to(actor).filter(
            is_incoming=True, state__in=[TransactionState.UNMATCHED, TransactionState.PROPOSED]
        ),
        "statement__imported_at",
    ),
    WorkList(
        "receipts",
        "开票管理",
        "office:receipts",
        CASHIERS,
        lambda actor: ReceiptRequest.objects.visible_to(actor).filter(state=RequestState.REQUESTED),
        "requested_at",
    ),
)


@dataclass(frozen=True)
class Waiting:
    """One line of 待办."""

    label: str
    url: str
    count: int
    oldest_at: datetime | None
    days: int

    @property
    def age(self) -> str:
        """How long the oldest has waited."""
        return f"{self.days} 天前"


@dataclass(frozen=True)
class Done:
    """One line of 已办."""

    at: datetime
    label: str
    employer: str
    reason: str


def home(request: HttpRequest) -> HttpResponse:
    """The page. One query per work list of the own roles, and three for numbers and 已办."""
    actor, now = request.actor, timezone.now()
    waiting = []
    for work in WORK_LISTS:
        if not actor.has_any(work.roles):
            continue
        row = work.waiting(actor).aggregate(count=Count("pk"), oldest=Min(work.since))
        days = (today(now) - today(row["oldest"])).days if row["oldest"] else 0
        waiting.append(Waiting(work.label, url_or_none(work.page), row["count"], row["oldest"], days))
    day = today(now)
    return render(
        request,
        "office/home/home.html",
        {
            "waiting": sorted(waiting, key=lambda line: -line.days),
            "is_all_done": not any(line.count for line in waiting),
            "done": _get_done(actor),
            "slips_url": url_or_none("office:slips") if may_see_slips(actor) else "",
            "employer_count": Employer.objects.visible_to(actor).count(),
            "covered": Cover.objects.visible_to(actor).on_day(day).aggregate(n=Count("worker", distinct=True))["n"],
            "open_slips": PaymentSlip.objects.visible_to(actor).aggregate(
                count=Count("pk", filter=Q(state=SlipState.OPEN)),
                late=Count("pk", filter=Q(state=SlipState.OPEN, due_on__lt=day)),
            ),
        },
    )


def may_see_slips(actor: Actor) -> bool:
    """Whether the tiles about slips lead anywhere for the actor."""
    return access.get_table()["office:slips"].admits(actor)


def _get_done(actor: Actor) -> list[Done]:
    """The latest acts of the actor, each with the employer it was about; two queries."""
    acts = AuditEvent.objects.filter(by_id=actor.user_id).exclude(label="").exclude(subject_type="accounts.user")
    events = list(acts.order_by("-at", "-id")[:LATEST_ACTS])
    names = dict(Employer.objects.filter(pk__in={event.employer_id for event in events}).values_list("pk", "name"))
    return [Done(event.at, event.label, names.get(event.employer_id, ""), event.reason) for event in events]


@counts_for("office")
def count_work(request: HttpRequest) -> dict[str, int]:
    """The badges of the menu: what waits in each work list of the own roles."""
    actor = request.actor
    return {work.key: work.waiting(actor).count() for work in WORK_LISTS if actor.has_any(work.roles)}
