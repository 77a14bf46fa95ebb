"""首页 of an employer: what waits, the six steps of the way with the own progress, cover about to end, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from huzhu.announcements.models import Announcement
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.cover.models import Cover
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.notifications.models import Notice
from huzhu.policies.models import Policy
from huzhu.roster.models import EmploymentStatus, RosterEntry
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import today
from huzhu.ui.menus import url_or_none
from huzhu.ui.parts import Step
from huzhu.web.employer.presenters.renewals import get_endings

UNREAD = 5  # announcements
ENDING_WITHIN = timedelta(days=60)
WAITS_FOR_EMPLOYER = {
    State.DRAFT: "继续填写参保申请",
    State.RETURNED: "参保申请被退回，请修改后重新提交",
    State.AWAITING_FORM: "下载申请书，盖章后拍照回传",
}
IN_HANDS_OF_ASSOCIATION = {State.FIRST_REVIEW: "互助会初审中", State.SECOND_REVIEW: "互助会复审中"}


@dataclass(frozen=True)
class Task:
    """One thing that waits: what, for which record, until when, and the one page that settles it."""

    what: str
    number: str
    url: str
    since: date | None = None
    due_on: date | None = None


def home(request: HttpRequest) -> HttpResponse:
    """The page. Ten queries: roster, applications, slips, covers, policies twice, what ends soon twice, messages, announcements."""
    actor, day = request.actor, today(timezone.now())
    in_service = RosterEntry.objects.visible_to(actor).filter(status=EmploymentStatus.IN_SERVICE).count()
    applications = list(
        EnrolmentApplication.objects.visible_to(actor)
        .exclude(state__in=[State.DELETED, State.CANCELLED])
        .order_by("-id")
        .only("id", "number", "state", "submitted_at", "created_at")[:200]
    )
    slips = list(PaymentSlip.objects.visible_to(actor).filter(state=SlipState.OPEN).order_by("due_on"))
    covers = Cover.objects.visible_to(actor).aggregate(
        people=Count("worker", filter=Q(coverage_start__lte=day, coverage_end__gt=day), distinct=True),
        ending=Count("worker", filter=Q(coverage_end__gt=day, coverage_end__lte=day + ENDING_WITHIN), distinct=True),
    )
    policies = Policy.objects.visible_to(actor).aggregate(count=Count("id"), paid=Sum("contribution_amount"))
    in_force = list(
        Policy.objects.visible_to(actor)
        .select_related("plan")
        .filter(coverage_end__gt=day)
        .order_by("coverage_end", "id")[:6]
    )
    return render(
        request,
        "employer/home/home.html",
        {
            "tasks": _get_tasks(applications, slips),
            "waiting": [
                Task(IN_HANDS_OF_ASSOCIATION[State(a.state)], a.number, _application_url(a), since=_day(a))
                for a in applications
                if a.state in IN_HANDS_OF_ASSOCIATION
            ],
            "steps": get_way(
                actor=actor, in_service=in_service, applications=applications, policy_count=policies["count"]
            ),
            "is_new": not policies["count"],
            "in_service": in_service,
            "covered": covers["people"],
            "ending_people": covers["ending"],
            "policies": in_force,
            "endings": get_endings(actor=actor, day=day),
            "notices": Notice.objects.filter(employer_id=actor.employer_id).order_by("-id")[:4],
            "announcements": Announcement.objects.visible_to(actor)
            .unread_by(actor)
            .order_by("-published_at", "-id")[:UNREAD],
            "policy_count": policies["count"],
            "paid_amount": policies["paid"] or 0,
            "today": day,
        },
    )


def _get_tasks(applications: list[EnrolmentApplication], slips: list[PaymentSlip]) -> list[Task]:
    """What waits for the employer, slips by due date first."""
    pay = [
        Task(f"缴款 {slip.amount:,.2f} 元", slip.number, _url("employer:slip", slip), due_on=slip.due_on)
        for slip in slips
    ]
    mend = [
        Task(WAITS_FOR_EMPLOYER[State(a.state)], a.number, _application_url(a), since=_day(a))
        for a in applications
        if a.state in WAITS_FOR_EMPLOYER
    ]
    return pay + mend


def get_way(
    *, actor: Actor, in_service: int, applications: list[EnrolmentApplication], policy_count: int
) -> list[Step]:
    """
    This function will tell how far an employer has come on the six boxes of the guide's flow chart.
    """
    reached = {State(application.state) for application in applications}
    later = {State.AWAITING_PAYMENT, State.EFFECTIVE, State.EXPIRED}
    submitted = bool(reached & (later | {State.FIRST_REVIEW, State.SECOND_REVIEW}))
    done = [True, in_service > 0, submitted, bool(reached & later), State.EFFECTIVE in reached, policy_count > 0]
    labels = ["注册账号", "完善职工名册", "提交参保申请", "互助会审核", "足额缴款", "下载电子保单和票据"]
    pages = ["", "roster", "applications", "applications", "slips", "policies"]
    current = next((index for index, is_done in enumerate(done) if not is_done), len(done))
    return [
        Step(
            label=label,
            state="done" if index < current else "current" if index == current else "todo",
            url=url_or_none(f"employer:{pages[index]}") if pages[index] else "",
        )
        for index, label in enumerate(labels)
    ]


def _day(application: EnrolmentApplication) -> date:
    return today(application.submitted_at or application.created_at)


def _application_url(application: EnrolmentApplication) -> str:
    return _url("employer:application", application)


def _url(name: str, record: EnrolmentApplication | PaymentSlip) -> str:
    from django.urls import reverse

    return reverse(name, args=[record.pk])
