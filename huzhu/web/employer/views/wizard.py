"""新增参保, steps 1, 5 and 6: plans and shares, reference dates, submitting."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from huzhu.cover.rules import ReferenceDateRefused
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys.begin_enrolment import begin_enrolment
from huzhu.plans import queries as plans
from huzhu.shared.calendar import local_date
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.employer.forms.enrolment import DatesForm, PlansForm, SubmitForm
from huzhu.web.employer.presenters import dates as dates_presenter
from huzhu.web.employer.presenters import gifts as gifts_presenter
from huzhu.web.employer.presenters import plans as plans_presenter
from huzhu.web.employer.presenters import submitting
from huzhu.web.employer.views.wizard_frame import PAGES, get_steps, render_step, step


def new(request: HttpRequest) -> HttpResponse:
    """Step 1 before there is an application: choosing plans begins it."""
    at = timezone.now()
    versions = list(plans.get_on_sale(day=local_date(at), branch=request.employer.branch))
    offers = _get_offers(request, at=at)
    form = PlansForm(_posted(request), versions=versions, chosen={}, offers=offers)
    if request.method == "POST" and form.is_valid():
        choices = list(form.get_chosen().items())
        try:
            application = begin_enrolment(
                employer_id=request.actor.employer_id,
                choices=choices,
                campaign_ids=form.get_campaigns(),
                by=request.actor,
                at=at,
            )
        except (enrolment.PlansRefused, enrolment.GiftsRefused) as error:
            form.add_error(None, str(error))
        except permissions.NotPermitted as error:
            raise PermissionDenied(str(error)) from error
        else:
            return redirect("employer:wizard-people", application.pk)
    return render(
        request,
        "employer/wizard/plans.html",
        {
            "form": form,
            "cards": plans_presenter.get_cards(versions=versions, chosen=form.get_chosen()),
            "gifts": gifts_presenter.get_cards(offers=offers, chosen=form.get_campaigns()),
            "steps": get_steps(application=None, summary=None, here=0),
            "next_label": "导入人员",
        },
        status=422 if form.errors else 200,
    )


def _get_offers(request: HttpRequest, *, at: datetime, chosen: Collection[int] = ()) -> list[queries.Open]:
    """The gifts and subsidies open to the employer today."""
    employer = request.employer
    return queries.get_open_campaigns(employer=employer, branch=employer.branch, day=local_date(at), chosen=chosen)


def _posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty answer is an answer too."""
    return request.POST if request.method == "POST" else None


@step("plans")
def choose_plans(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 1: every change of a tick or of shares saves itself; 下一步 saves and goes on."""
    if application.is_addition:
        if request.method == "POST":
            return redirect(PAGES["people"], application.pk)
        plan = application.plans.select_related("plan_version__plan").get()
        return render_step(request, application, "plans", template="employer/wizard/added_to.html", plan=plan)
    at = timezone.now()
    versions = list(plans.get_on_sale(day=local_date(at), branch=request.employer.branch))
    kept = {plan.plan_version_id: plan for plan in application.plans.select_related("plan_version__plan")}
    chosen = {version_id: plan.share_count for version_id, plan in kept.items() if not plan.is_gift_only}
    asked = {each.campaign_id: each for each in application.chosen_campaigns.select_related("campaign")}
    offers = _get_offers(request, at=at, chosen=asked)
    form = PlansForm(_posted(request), versions=versions, chosen=chosen, offers=offers, saves_itself=bool(request.htmx))
    if request.method == "POST":
        if form.is_valid():
            chosen = form.get_chosen()
            try:
                enrolment.set_plans(
                    application_id=application.pk,
                    choices=list(chosen.items()),
                    campaign_ids=form.get_campaigns(),
                    by=request.actor,
                    at=at,
                )
            except (enrolment.PlansRefused, enrolment.GiftsRefused) as error:
                form.add_error(None, str(error))
        if not form.errors and not request.htmx:
            return redirect(PAGES["people"], application.pk)
        chosen = form.get_chosen()
        application.refresh_from_db()
    on_sale = {version.pk for version in versions}
    still_open = {each.offer.campaign.pk for each in offers}
    return render_step(
        request,
        application,
        "plans",
        form=form,
        cards=plans_presenter.get_cards(versions=versions, chosen=chosen),
        gifts=gifts_presenter.get_cards(offers=offers, chosen=form.get_campaigns()),
        gone=[
            *(f"“{each.campaign}”已结束或不再对本单位开放。" for pk, each in asked.items() if pk not in still_open),
            *(
                plans.tell_why_not(plan.plan_version, day=local_date(at), branch=request.employer.branch)
                for version_id, plan in kept.items()
                if version_id not in on_sale
            ),
        ],
        status=422 if form.errors else 200,
    )


@step("dates")
def set_dates(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 5: a reference date per plan, drawn, with what happens if the money comes late."""
    at = timezone.now()
    rows = dates_presenter.get_plan_rows(application=application, day=local_date(at))
    offered = dates_presenter.get_offered(rows, day=local_date(at))
    form = DatesForm(_posted(request), plans=[row.plan for row in rows], offered=offered)
    if request.method == "POST":
        if form.is_valid():
            try:
                enrolment.set_reference_dates(
                    application_id=application.pk, dates=form.get_dates(), by=request.actor, at=at
                )
            except ReferenceDateRefused as error:
                form.add_error(None, str(error))
        if not form.errors and not request.htmx:
            return redirect(PAGES["submit"], application.pk)
        application.refresh_from_db()
        rows = dates_presenter.get_plan_rows(application=application, day=local_date(at))
    return render_step(
        request,
        application,
        "dates",
        form=form,
        cards=dates_presenter.get_cards(rows=rows, form=form, offered=offered, day=local_date(at)),
        status=422 if form.errors else 200,
    )


@step("submit")
def submit(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 6: what is submitted, what still stops it, the declaration, 提交."""
    form = SubmitForm(_posted(request), initial={"payable": application.payable_amount})
    if request.method == "POST" and form.is_valid():
        try:
            enrolment.submit(
                application_id=application.pk,
                by=request.actor,
                at=timezone.now(),
                payable_seen=form.cleaned_data["payable"],
            )
        except enrolment.SubmitRefused as error:
            form.add_error(None, _tell_refusal(error))
            application.refresh_from_db()
        except TransitionNotAllowed as error:
            messages.warning(request, str(error))
            return redirect("employer:application", application.pk)
        else:
            messages.success(request, "已提交。请下载申请书，打印盖章后拍照回传，互助会才会开始审核。")
            return redirect("employer:application", application.pk)
    summary = queries.get_summary(application=application, day=local_date(timezone.now()))
    if form.is_bound:
        form.data = {**form.data.dict(), "payable": str(application.payable_amount)}
    return render_step(
        request,
        application,
        "submit",
        form=form,
        summary=summary,
        funding=queries.get_funding(application=application),
        missings=submitting.get_missings(application=application, missing=summary.missing),
        status=422 if form.errors else 200,
    )


def _tell_refusal(error: enrolment.SubmitRefused) -> str:
    """What stands listed below is not said twice; that the price has changed stands nowhere else."""
    changed = [missing.text for missing in error.missing if missing.kind == "payable"]
    return f"{changed[0]}。" if changed else "暂时不能提交，请先处理下面列出的事项。"
