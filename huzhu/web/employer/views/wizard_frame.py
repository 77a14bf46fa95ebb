"""What the six steps of 新增参保 share: loading, keeping the checks fresh, the head, the side panel, the way on and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication, Review
from huzhu.enrolment.queries import Summary
from huzhu.enrolment.states import State
from huzhu.roster.models import InsuranceRoster, RosterEntry
from huzhu.roster.permissions import NotPermitted as RosterNotPermitted
from huzhu.shared.calendar import local_date
from huzhu.ui.parts import Step
from huzhu.web.presenters import people as people_presenter
from huzhu.web.presenters import reviews as reviews_presenter


class WizardStep(NamedTuple):
    """One step: the key kept in `wizard_step`, its words, its page."""

    key: str
    label: str
    page: str


STEPS = (
    WizardStep("plans", "选择计划", "employer:wizard-plans"),
    WizardStep("people", "导入人员", "employer:wizard-people"),
    WizardStep("members", "确认明细", "employer:wizard-members"),
    WizardStep("proofs", "上传材料", "employer:wizard-proofs"),
    WizardStep("dates", "生效日期", "employer:wizard-dates"),
    WizardStep("submit", "提交", "employer:wizard-submit"),
)
KEYS = [step.key for step in STEPS]
PAGES = {step.key: step.page for step in STEPS}
STEP_OF = {"confirm": "members"}  # what the list of missing things calls this step
NOT_YET = ("no_plans", "nobody_enrolled")  # nothing is wrong, it is only not done
CHECKED_FROM = KEYS.index("members")  # from this step on the findings must be of today

View = Callable[..., HttpResponse]


def step(key: str) -> Callable[[View], View]:
    """
    This function will make a view a step of the wizard: it gets the application, still editable, its checks fresh where they show.

    Somebody else's application is a 404; one that has left the employer's hands leads to its page.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, application_id: int, **more: Any) -> HttpResponse:
            application = load(request, application_id)
            try:
                if application.is_editable and request.method == "GET":
                    _arrive(request, application, key)
                if application.is_editable:
                    return view(request, application, **more)
                raise enrolment.NotEditable(
                    f"申请当前为“{application.get_state_display()}”，不能修改；需要修改请先撤回或编辑。"
                )
            except enrolment.NotEditable as error:
                messages.warning(request, str(error))
                return redirect("employer:application", application.pk)
            except (permissions.NotPermitted, RosterNotPermitted) as error:
                raise PermissionDenied(str(error)) from error

        return page

    return wrap


def load(request: HttpRequest, application_id: int) -> EnrolmentApplication:
    """
    This function will load an application of the employer in front, or answer 404.
    """
    applications = EnrolmentApplication.objects.visible_to(request.actor)
    return get_object_or_404(
        applications.select_related("employer", "insurance_roster", "medical_roster"), pk=application_id
    )


def _arrive(request: HttpRequest, application: EnrolmentApplication, key: str) -> None:
    """Remember where the clerk is, and check anew what has gone out of date since the last check."""
    if application.wizard_step != key:
        enrolment.set_wizard_step(application_id=application.pk, step=key, by=request.actor)
        application.wizard_step = key
    if KEYS.index(key) >= CHECKED_FROM and application.member_count:
        freshen(request, application, at=timezone.now())


def freshen(request: HttpRequest, application: EnrolmentApplication, *, at: datetime) -> None:
    """
    This function will run the precheck unless it ran today and neither roster nor insurance lists, nor the reasons given for
    their differences, changed since.
    """
    checked_at, employer_id = application.checked_at, application.employer_id
    if (
        checked_at is not None
        and local_date(checked_at) == local_date(at)
        and not RosterEntry.objects.filter(employer_id=employer_id, changed_at__gt=checked_at).exists()
        and not InsuranceRoster.objects.filter(
            Q(uploaded_at__gt=checked_at) | Q(explained_at__gt=checked_at), employer_id=employer_id
        ).exists()
    ):
        return
    enrolment.run_precheck(application_id=application.pk, by=request.actor, at=at)
    application.refresh_from_db()


def render_step(
    request: HttpRequest,
    application: EnrolmentApplication,
    key: str,
    *,
    status: int = 200,
    summary: Summary | None = None,
    template: str = "",
    **context: Any,
) -> HttpResponse:
    """
    This function will render one step inside the wizard's frame.
    """
    if summary is None:
        summary = queries.get_summary(application=application, day=local_date(timezone.now()))
    here = KEYS.index(key)
    members_url = reverse("employer:wizard-members", args=[application.pk])
    return render(
        request,
        template or f"employer/wizard/{key}.html",
        {
            "application": application,
            "here_key": key,
            "summary": summary,
            "steps": get_steps(application=application, summary=summary, here=here),
            "side": people_presenter.get_sum_up(summary),
            "problems_url": members_url if key != "members" else "",
            "back_url": reverse(STEPS[here - 1].page, args=[application.pk]) if here else "",
            "next_url": reverse(STEPS[here + 1].page, args=[application.pk]) if here + 1 < len(STEPS) else "",
            "next_label": STEPS[here + 1].label if here + 1 < len(STEPS) else "",
            "verdict": get_verdict(application),
            "saved_at": audit.get_history(subject=application).values_list("at", flat=True).last(),
            **context,
        },
        status=status,
    )


def get_verdict(application: EnrolmentApplication) -> reviews_presenter.Verdict | None:
    """
    This function will give what the reviewer wrote when the application was returned, while it is with the employer.
    """
    if application.state not in (State.RETURNED, State.DRAFT) or not application.submission_count:
        return None
    last = Review.objects.filter(application=application, submission=application.submission_count).last()
    return reviews_presenter.get_verdict(last) if last and not last.is_approved else None


def get_steps(*, application: EnrolmentApplication | None, summary: Summary | None, here: int) -> list[Step]:
    """
    This function will draw the wizard's head: what is done, what is open, where the clerk is.
    """
    if application is None or summary is None:
        return [Step(label=each.label, state="current" if at == here else "todo") for at, each in enumerate(STEPS)]
    open_by_step: dict[str, int] = {}
    for missing in summary.missing:
        if missing.kind in NOT_YET:
            continue
        place = STEP_OF.get(missing.step, missing.step)
        open_by_step[place] = open_by_step.get(place, 0) + (missing.count if missing.kind == "blocking" else 1)
    seen = max(here, KEYS.index(application.wizard_step) if application.wizard_step in KEYS else 0)
    drawn = []
    for at, each in enumerate(STEPS):
        waits = open_by_step.get(each.key, 0)
        if at == here:
            state = "current"
        elif waits and at <= max(seen, CHECKED_FROM):
            state = "stopped"
        else:
            state = "done" if at < seen and not waits and (at == 0 or summary.people) else "todo"
        note = _note(each.key, summary, waits)
        drawn.append(Step(label=each.label, state=state, note=note, url=reverse(each.page, args=[application.pk])))
    return drawn


def _note(key: str, summary: Summary, waits: int) -> str:
    if waits and key in ("members", "proofs", "dates"):
        return f"{waits:,} 项待处理"
    if key == "plans" and summary.plans:
        return f"{len(summary.plans)} 个计划"
    if key == "people" and summary.people:
        return f"{summary.people:,} 人"
    return ""


def refuse_upload(request: HttpRequest, error: str) -> JsonResponse | None:
    """
    This function will answer an upload sent by script with the refusal; None where the page has to be shown anew.
    """
    return JsonResponse({"error": error}, status=422) if request.htmx else None
