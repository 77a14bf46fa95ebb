"""续保: the offer for a policy, the click that makes the draft, and the draft against the old policy."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.cover.queries import get_chains
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.enrolment.models import ApplicationPlan, EnrolmentApplication
from huzhu.journeys import renew_policies as journey
from huzhu.policies import renewals
from huzhu.policies.models import Policy
from huzhu.policies.renewals import Kind
from huzhu.shared.calendar import local_date
from huzhu.web.employer.presenters import renewals as presenter
from huzhu.web.employer.views.wizard_frame import freshen, load
from huzhu.web.employer.views.wizard_people import read_ids


@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, policy_id: int) -> HttpResponse:
    """What would be renewed, with the plans that follow; a click makes the draft. Where one exists, it is shown."""
    found = Policy.objects.visible_to(request.actor).select_related("plan", "employer__branch")
    policy = get_object_or_404(found, pk=policy_id)
    at = timezone.now()
    standing = renewals.get_standings(policy_ids=[policy.pk])[policy.pk]
    if standing.application_id is not None:
        return redirect("employer:application-renewal", standing.application_id)
    renewable = journey.get_renewable(policy=policy, employer=policy.employer, day=local_date(at))
    chosen = _get_chosen(request, [each.policy.pk for each in renewable])
    error = ""
    if request.method == "POST":
        try:
            renewed = journey.renew_policies(policy_id=policy.pk, chosen=chosen, by=request.actor, at=at)
        except (journey.RenewalRefused, enrolment.PlansRefused) as refusal:
            error = str(refusal)
        except permissions.NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        else:
            if renewed.is_new:
                messages.success(request, "续保申请已按今日职工名册生成，请核对人员变化后继续。")
            return redirect("employer:application-renewal", renewed.application.pk)
    offers = presenter.get_offers(renewable=renewable, chosen=chosen, day=local_date(at))
    is_open = any(offer.policy.pk == policy.pk and offer.following for offer in offers)
    return render(
        request,
        "employer/renewals/offer.html",
        {
            "policy": policy,
            "offers": offers,
            "error": error,
            "may_renew": is_open and permissions.may(request.actor, "enrolment.begin", request.actor.employer_id),
            "why_not": "" if is_open else journey.tell_why_not(policy, standing, day=local_date(at)),
        },
        status=422 if error else 200,
    )


def _get_chosen(request: HttpRequest, policy_ids: list[int]) -> dict[int, int]:
    posted = {pk: request.POST.get(presenter.field_of(pk), "") for pk in policy_ids}
    return {pk: int(text) for pk, text in posted.items() if text.isascii() and text.isdigit() and len(text) < 19}


@require_safe
def comparison(request: HttpRequest, application_id: int) -> HttpResponse:
    """The draft against the old policy: who stays, came, left, is newly over age, has other shares; each can be changed."""
    application = load(request, application_id)
    policies = _get_policies(application)
    if not policies:
        return redirect("employer:application", application.pk)
    may_change = application.is_editable and permissions.may(request.actor, "enrolment.fill_in", application)
    if may_change and application.member_count:
        freshen(request, application, at=timezone.now())
    policy = _pick(request, policies)
    plan = _get_plan(application, policy)
    kind = Kind(request.GET["kind"]) if request.GET.get("kind") in list(Kind) else Kind.KEPT
    compared = None
    if plan is not None:
        compared = presenter.get_comparison(
            application=application, policy=policy, plan=plan, kind=kind, after=_get_key(request)
        )
    return render(
        request,
        "employer/renewals/comparison.html",
        {
            "application": application,
            "policies": policies,
            "policy": policy,
            "compared": compared,
            "may_change": may_change,
        },
    )


@require_POST
def change(request: HttpRequest, application_id: int) -> HttpResponse:
    """Take the ticked people off the draft, or enrol them."""
    application = load(request, application_id)
    policies = _get_policies(application)
    if not policies:
        return redirect("employer:application", application.pk)
    policy, at = _pick(request, policies, posted=True), timezone.now()
    members, entries = read_ids(request, "members"), read_ids(request, "entries")
    try:
        if request.POST.get("act") == "remove":
            done = enrolment.remove_members(application_id=application.pk, member_ids=members, by=request.actor, at=at)
            words = f"已移出 {done:,} 人（本次不参保），职工名册不受影响。"
        else:
            added = enrolment.add_from_roster(application_id=application.pk, entry_ids=entries, by=request.actor, at=at)
            done, words = added.added + added.restored, f"已加入 {added.added + added.restored:,} 人。"
    except enrolment.NotEditable as error:
        messages.warning(request, str(error))
        return redirect("employer:application", application.pk)
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    if done:
        messages.success(request, words)
    else:
        messages.warning(request, "没有可以变动的人员，请先在名单中勾选。")
    kind = request.POST.get("kind") if request.POST.get("kind") in list(Kind) else Kind.KEPT
    return redirect(f"{reverse('employer:application-renewal', args=[application.pk])}?policy={policy.pk}&kind={kind}")


def _get_policies(application: EnrolmentApplication) -> list[Policy]:
    return list(
        Policy.objects.filter(renewals__application=application, employer_id=application.employer_id)
        .select_related("plan", "plan_version")
        .order_by("plan_id", "pk")
    )


def _pick(request: HttpRequest, policies: list[Policy], *, posted: bool = False) -> Policy:
    asked = (request.POST if posted else request.GET).get("policy", "")
    return next((policy for policy in policies if str(policy.pk) == asked), policies[0])


def _get_plan(application: EnrolmentApplication, policy: Policy) -> ApplicationPlan | None:
    """The plan of the application that continues the policy's, the same plan first."""
    asked = list(application.plans.select_related("plan_version__plan"))
    chains = get_chains(version_ids=[plan.plan_version_id for plan in asked])
    fits = [plan for plan in asked if policy.plan_id in chains[plan.plan_version_id]]
    return min(fits, key=lambda plan: plan.plan_version.plan_id != policy.plan_id, default=None)


def _get_key(request: HttpRequest) -> tuple[str, int] | None:
    initials, _, worker = request.GET.get("after", "").rpartition(".")
    return (initials, int(worker)) if worker.isascii() and worker.isdigit() and len(worker) < 19 else None
