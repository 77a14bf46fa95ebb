"""单位审核 · 资料变更: employers' changes and the desk on which what differs is decided."""

from __future__ import annotations

from collections.abc import Callable

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.employers import operations as employers
from huzhu.employers import permissions, queries, rules
from huzhu.employers.code_lists import RETURN_WORDS
from huzhu.employers.models import ChangeRequest
from huzhu.employers.states import ChangeState
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import tables as ui_tables
from huzhu.web import files, history, reveals
from huzhu.web.office.forms.registrations import ChangeFilter, ChangeReturnForm, DecisionForm
from huzhu.web.office.presenters.registrations import tabs
from huzhu.web.presenters import employer_facts as presenter
from huzhu.web.presenters.code_lists import offer
from huzhu.work import operations as work

LATEST_VERSIONS = 5
REFUSALS = (TransitionNotAllowed, permissions.NotPermitted, work.AlreadyClaimed)


class ChangeTable(ui_tables.Table):
    """Changes of employers' facts, those that wait longest first."""

    caption = "资料变更"
    unit = "件"

    employer = tables.Column("单位名称", linkify=("office:change", {"change_id": tables.A("pk")}))
    branch = tables.Column("所属代办处", accessor="employer__branch", order_by="employer__branch__path")
    changes = tables.Column("变更项目", orderable=False)
    asked_at = ui_tables.MomentColumn("提交时间")
    state = ui_tables.StateColumn("状态")

    def render_changes(self, value: dict[str, object]) -> str:
        """The names of the changed fields."""
        return "、".join(
            label for field, label in presenter.LABELS.items() if field in value and field != "certificate"
        )


def changes(request: HttpRequest) -> HttpResponse:
    """The changes of the own subtree; what waits is shown unless asked otherwise."""
    form = ChangeFilter(request.GET if "state" in request.GET else {"state": ChangeState.PENDING})
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.get_changes(
        actor=request.actor, state=wanted.get("state", ""), words=wanted.get("words", "").replace("\x00", "")
    )
    table = ChangeTable(found, empty_text="没有符合条件的资料变更")
    tables.RequestConfig(request, paginate={"per_page": 100}).configure(table)
    context = {"form": form, "table": table, "tabs": tabs(request, current="office:changes")}
    return render(request, "office/registrations/changes.html", context)


def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One change: old and new side by side, beside the new certificate."""
    found = _get(request, change_id)
    return _show(request, found, ChangeReturnForm(initial={"round": found.round}, change=found))


def approve(request: HttpRequest, change_id: int) -> HttpResponse:
    """Put the changed fields in force."""
    found, form = _get(request, change_id), DecisionForm(request.POST)
    if not form.is_valid():
        return redirect("office:change", found.pk)
    act = employers.approve_change
    return _decide(
        request,
        found,
        lambda at: act(change_id=found.pk, round=form.cleaned_data["round"], by=request.actor, at=at),
        done="变更已生效，已短信通知单位。",
    )


def send_back(request: HttpRequest, change_id: int) -> HttpResponse:
    """Return it with the reason at each changed field; what was typed is kept when a reason is missing."""
    found = _get(request, change_id)
    form = ChangeReturnForm(request.POST, change=found)
    if form.is_valid():
        given, act = form.cleaned_data, employers.send_back_change
        try:
            return _decide(
                request,
                found,
                lambda at: act(
                    change_id=found.pk,
                    round=given["round"],
                    field_reasons=form.field_reasons(),
                    reason=given["reason"],
                    by=request.actor,
                    at=at,
                ),
                done="已退回，原因已短信通知单位。",
                refused_by_page=False,
            )
        except employers.EntryRefused as refusal:
            form.add_error(None, str(refusal))
    return _show(request, found, form, status=422)


def reject(request: HttpRequest, change_id: int) -> HttpResponse:
    """Refuse it for good."""
    found, form = _get(request, change_id), DecisionForm(request.POST)
    if not form.is_valid():
        return redirect("office:change", found.pk)
    given, act = form.cleaned_data, employers.reject_change
    return _decide(
        request,
        found,
        lambda at: act(change_id=found.pk, round=given["round"], reason=given["reason"], by=request.actor, at=at),
        done="变更申请未予通过，已短信通知单位。",
    )


def reveal(request: HttpRequest, change_id: int) -> HttpResponse:
    """The full new document number, on request and on record."""
    found = _get(request, change_id)
    back = reverse("office:change", args=[found.pk])
    return reveals.answer(
        request,
        reveals.Hidden(what="法定代表人证件号码", masked=found.legal_document_masked, back=back),
        lambda why, at: employers.reveal_change(change_id=found.pk, why=why, by=request.actor, at=at),
    )


def certificate(request: HttpRequest, change_id: int) -> HttpResponse:
    """The image of the new certificate."""
    return files.stored_file(request, file_id=_get(request, change_id).certificate_id)


def _get(request: HttpRequest, change_id: int) -> ChangeRequest:
    return get_object_or_404(queries.get_changes(actor=request.actor), pk=change_id)


def _decide(
    request: HttpRequest,
    found: ChangeRequest,
    act: Callable[..., object],
    *,
    done: str,
    refused_by_page: bool = True,
) -> HttpResponse:
    try:
        act(timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:change", found.pk)
    except employers.EntryRefused as refusal:
        if not refused_by_page:
            raise
        messages.error(request, str(refusal))
        return redirect("office:change", found.pk)
    messages.success(request, f"{found.employer}：{done}")
    return redirect("office:changes")


def _show(request: HttpRequest, found: ChangeRequest, form: ChangeReturnForm, *, status: int = 200) -> HttpResponse:
    paper = files.get_visible(request.actor).filter(pk=found.certificate_id).first() if found.certificate_id else None
    waits = found.state == ChangeState.PENDING
    decides = permissions.may(request.actor, "change_request.approve", found)
    code, kind = (found.changes.get(field, [None, None])[1] for field in ("credit_code", "kind"))
    code, kind = code or found.employer.credit_code, kind or found.employer.kind
    name = found.changes.get("name", [None, None])[1]
    context = {
        "change": found,
        "rows": [row | {"reason": form.reason_for(row["field"])} for row in presenter.change_rows(found)],
        "form": form,
        "paper": paper,
        "is_picture": paper is not None and paper.media_type.startswith("image/"),
        "lookalikes": queries.get_lookalikes(name=name, credit_code=found.employer.credit_code) if name else [],
        "kind_differs": rules.kind_of(code) not in ("", kind),
        "versions": presenter.version_rows(queries.get_versions(employer=found.employer))[:LATEST_VERSIONS],
        "history": history.get_rows(audit.get_history(subject=found)),
        "waits": waits,
        "may_decide": decides,
        "refusal": decides.words,
        "usual": [words for _, words in offer(RETURN_WORDS)()],
    }
    return render(request, "office/registrations/change.html", context, status=status)
