"""Writing a draft of a plan: its figures, its benefits, its example cases, judged while they are typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.journeys import plan_cases
from huzhu.plans import operations, permissions
from huzhu.plans.models import PlanVersion
from huzhu.plans.rules import CaseResult
from huzhu.web.office.forms.plans import BenefitForm, BenefitRows, CaseForm, CaseRows, DraftForm
from huzhu.web.office.presenters import plan_versions as presenter

REFUSALS = (operations.PlanRefused, operations.VersionConflict)


def _get(request: HttpRequest, version_id: int) -> PlanVersion:
    """A version the actor may write on; once it is proposed there is nothing to write, and the page leads to the version."""
    seen = PlanVersion.objects.visible_to(request.actor).select_related("plan")
    version = get_object_or_404(seen, pk=version_id)
    if refusal := permissions.may(request.actor, "plan.draft", version).words:
        raise PermissionDenied(refusal)
    return version


def _save(request: HttpRequest, version: PlanVersion, form: Any, revision: Any, **figures: Any) -> bool:
    """Save what was typed, or say at the form why not."""
    try:
        operations.change_draft(
            version_id=version.pk, revision=revision, figures=figures, by=request.actor, at=timezone.now()
        )
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except operations.FiguresRefused as refusal:
        for name, words in refusal.problems.items():
            form.add_error(name if name in form.fields else None, words)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
    else:
        messages.success(request, f"已保存“{version}”的草稿。")
        return True
    return False


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, version_id: int) -> HttpResponse:
    """修改草稿."""
    version = _get(request, version_id)
    form = DraftForm(request.POST if request.method == "POST" else None, version=version)
    if (
        form.is_bound
        and form.is_valid()
        and _save(request, version, form, form.cleaned_data["revision"], **form.get_figures())
    ):
        return redirect("office:plan", version.pk)
    return render(
        request, "office/plans/edit.html", {"version": version, "form": form}, status=422 if form.is_bound else 200
    )


class _Notes(forms.Form):
    """Where a refusal about all rows is said."""


@require_http_methods(["GET", "HEAD", "POST"])
def benefits(request: HttpRequest, version_id: int) -> HttpResponse:
    """修改保障责任."""
    version = _get(request, version_id)
    rows = BenefitRows(
        request.POST if request.method == "POST" else None,
        initial=[BenefitForm.read(benefit) for benefit in version.benefits],
    )
    notes = _Notes({})
    if rows.is_bound and rows.is_valid():
        before = {benefit["code"]: benefit for benefit in version.benefits}
        kept = [
            form.get_benefit(before.get(form.cleaned_data["code"], {}))
            for form in rows.forms
            if form.cleaned_data.get("code") or form.cleaned_data.get("name")
            if not form.cleaned_data.get("DELETE")
        ]
        if _save(request, version, notes, _revision(request), benefits=kept):
            return redirect("office:plan", version.pk)
    context = {"version": version, "rows": rows, "notes": notes}
    return render(request, "office/plans/benefits.html", context, status=422 if rows.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def cases(request: HttpRequest, version_id: int) -> HttpResponse:
    """修改样例."""
    version = _get(request, version_id)
    rows = CaseRows(
        request.POST if request.method == "POST" else None, initial=[CaseForm.read(case) for case in version.cases]
    )
    notes = _Notes({})
    if rows.is_bound and rows.is_valid():
        kept = [
            form.get_case().write() for form in rows.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if _save(request, version, notes, _revision(request), cases=kept):
            return redirect("office:plan", version.pk)
    judged = [(form, _judge(version, form)) for form in rows.forms]
    context = {"version": version, "rows": rows, "judged": judged, "notes": notes}
    return render(request, "office/plans/cases.html", context, status=422 if rows.is_bound else 200)


@require_POST
def try_case(request: HttpRequest, version_id: int) -> HttpResponse:
    """One example as it is typed: what the rules make of it. Nothing is kept."""
    version = _get(request, version_id)
    number = request.POST.get("try", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 4
    row = _judge(version, CaseForm(request.POST, prefix=f"form-{number}")) if is_number else None
    return render(request, "office/plans/_verdict.html", {"row": row})


def _judge(version: PlanVersion, form: CaseForm) -> presenter.ResultRow | None:
    """The verdict on a case that can be read; none for one that cannot yet."""
    if not form.is_bound:
        if not form.initial:
            return None
        form = CaseForm({**_flat(form.initial)})
    if not form.is_valid() or not form.cleaned_data:
        return None
    case = form.get_case()
    return presenter.tell_result(CaseResult(case=case, got=plan_cases.judge(version, case)))


def _flat(initial: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in initial.items() if value is not None}


def _revision(request: HttpRequest) -> int:
    seen = request.POST.get("revision", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0
