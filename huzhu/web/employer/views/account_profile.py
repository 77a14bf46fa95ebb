"""单位基本信息维护: the facts in force, asking for a change, and what held before."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.employers import operations as employers
from huzhu.employers import permissions, queries
from huzhu.employers.models import ChangeRequest, Employer
from huzhu.employers.states import ChangeState
from huzhu.shared.identity.document_types import DOCUMENT_TYPES
from huzhu.shared.uploads import UploadRefused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web import history
from huzhu.web.employer.forms.account import ChangeForm
from huzhu.web.presenters import employer_facts as presenter


def profile(request: HttpRequest) -> HttpResponse:
    """What the association knows about the employer, what is to change, and what was before."""
    employer = _get_employer(request)
    kind = DOCUMENT_TYPES.get(employer.legal_document_type)
    change = queries.get_latest_change(employer=employer)
    is_open = change is not None and change.state in (ChangeState.PENDING, ChangeState.RETURNED)
    context = {
        "subject": employer,
        "document_label": kind.label if kind else "",
        "group": queries.get_group(employer=employer),
        "change": change if is_open or (change and change.state == ChangeState.REJECTED) else None,
        "change_rows": presenter.change_rows(change) if change else [],
        "transfer": queries.get_open_transfer(employer=employer),
        "versions": presenter.version_rows(queries.get_versions(employer=employer)),
        "may_ask": permissions.may(request.actor, "change_request.ask"),
        "may_ask_new": permissions.may(request.actor, "change_request.ask") and not is_open,
        "history": history.get_rows(audit.get_history(subject=change), for_employer=True) if change else [],
    }
    return render(request, "employer/account/profile.html", context)


def change(request: HttpRequest) -> HttpResponse:
    """Ask for a change, or mend a returned one: the form holds what is in force or what was asked for."""
    employer, open_change = _get_employer(request), queries.get_open_change(employer=request.employer)
    if open_change and open_change.state == ChangeState.PENDING:
        messages.info(request, "已有一项变更正在审核，审核完成或撤回后才能再申请。")
        return redirect("employer:profile")
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ChangeForm(*given, employer=employer, change=open_change)
    if request.method == "POST" and form.is_valid():
        try:
            wanted = form.wanted(certificate_id=_keep(request, form) or (open_change and open_change.certificate_id))
            _submit(request, wanted, open_change)
        except UploadRefused as refusal:
            form.add_error("certificate", str(refusal))
        except employers.EntryRefused as refusal:
            for field, words in refusal.problems.items():
                form.add_error(field if field in form.fields else None, words)
        except (TransitionNotAllowed, permissions.NotPermitted) as refusal:
            messages.warning(request, str(refusal))
            return redirect("employer:profile")
        else:
            messages.success(request, "变更申请已提交，审核通过前仍按现有资料办理。")
            return redirect("employer:profile")
    context = {
        "form": form,
        "groups": presenter.form_groups(form, open_change.field_reasons if open_change else {}),
        "change": open_change,
        "certificate_reason": open_change.field_reasons.get("certificate", "") if open_change else "",
    }
    return render(request, "employer/account/change.html", context, status=422 if form.errors else 200)


def withdraw(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take the open change back."""
    found = get_object_or_404(ChangeRequest.objects.visible_to(request.actor), pk=change_id)
    try:
        employers.withdraw_change(change_id=found.pk, by=request.actor, at=timezone.now())
    except (TransitionNotAllowed, permissions.NotPermitted) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "变更申请已撤回，资料保持不变。")
    return redirect("employer:profile")


def _get_employer(request: HttpRequest) -> Employer:
    return Employer.objects.visible_to(request.actor).select_related("branch").get(pk=request.actor.employer_id)


def _submit(request: HttpRequest, wanted: employers.Wanted, open_change: ChangeRequest | None) -> None:
    now = timezone.now()
    if open_change:
        employers.resubmit_change(change_id=open_change.pk, wanted=wanted, by=request.actor, at=now)
    else:
        employers.request_change(employer_id=request.actor.employer_id, wanted=wanted, by=request.actor, at=now)


def _keep(request: HttpRequest, form: ChangeForm) -> UUID | None:
    upload = form.cleaned_data.get("certificate")
    if upload is None:
        return None
    return documents.store_upload(
        upload=upload,
        kind=FileKind.CREDIT_CERTIFICATE,
        employer_id=request.actor.employer_id,
        by=request.actor,
        at=timezone.now(),
    ).pk
