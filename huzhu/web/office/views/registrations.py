"""单位审核: the list of registrations and the desk on which one is decided."""

from __future__ import annotations

import django_tables2 as tables
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.documents.models import StoredFile
from huzhu.employers import operations as employers
from huzhu.employers import permissions, queries, rules
from huzhu.employers.code_lists import RETURN_WORDS
from huzhu.employers.models import Registration
from huzhu.employers.states import RegistrationState
from huzhu.shared.identity.credit_code import check_credit_code
from huzhu.shared.identity.document_types import DOCUMENT_TYPES
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import tables as ui_tables
from huzhu.ui import values
from huzhu.web import files, history, reveals
from huzhu.web.office.forms.registrations import PREFIX, DecisionForm, RegistrationFilter, ReturnForm
from huzhu.web.office.presenters.registrations import tabs
from huzhu.web.presenters.code_lists import offer
from huzhu.work import operations as work

HIDDEN = {"handler_mobile": "经办人手机号", "legal_document": "法定代表人证件号码"}


class RegistrationTable(ui_tables.Table):
    """Registrations, those that wait longest first."""

    caption = "单位注册"
    unit = "家"

    name = tables.Column("单位名称", linkify=("office:registration", {"registration_id": tables.A("pk")}))
    credit_code = ui_tables.CodeColumn("统一社会信用代码")
    kind = tables.Column("单位性质")
    branch = tables.Column("所属代办处", order_by="branch__path")
    headcount = ui_tables.CountColumn("在职职工")
    handler_name = tables.Column("经办人")
    handler_mobile = ui_tables.MaskedColumn("手机号", kind="mobile", orderable=False)
    submitted_at = ui_tables.MomentColumn("提交时间")
    state = ui_tables.StateColumn("状态")


def registrations(request: HttpRequest) -> HttpResponse:
    """The registrations of the own subtree; what waits comes first and is what is shown unless asked otherwise."""
    form = RegistrationFilter(request.GET if "state" in request.GET else {"state": "pending"}, actor=request.actor)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.get_registrations(
        actor=request.actor,
        state=wanted.get("state", ""),
        words=wanted.get("words", "").replace("\x00", ""),
        branch_id=wanted.get("branch") or None,
    )
    table = RegistrationTable(found, empty_text="没有符合条件的单位注册")
    tables.RequestConfig(request, paginate={"per_page": 100}).configure(table)
    context = {"form": form, "table": table, "tabs": tabs(request, current="office:registrations")}
    return render(request, "office/registrations/list.html", context)


def registration(request: HttpRequest, registration_id: int) -> HttpResponse:
    """One registration beside its certificate."""
    found = _get(request, registration_id)
    return _show(request, found, ReturnForm(initial={"round": found.round}))


def approve(request: HttpRequest, registration_id: int) -> HttpResponse:
    """Open the account."""
    found, form = _get(request, registration_id), DecisionForm(request.POST)
    if not form.is_valid():
        return redirect("office:registration", found.pk)
    return _decide(
        request,
        found,
        lambda at: employers.approve_registration(
            registration_id=found.pk, round=form.cleaned_data["round"], by=request.actor, at=at
        ),
        done=f"{found.name}的单位账号已开通，已短信通知经办人设置密码。",
    )


def send_back(request: HttpRequest, registration_id: int) -> HttpResponse:
    """Return it with the reason at each field; what was typed is kept when a reason is missing."""
    found, form = _get(request, registration_id), ReturnForm(request.POST)
    if form.is_valid():
        try:
            return _decide(
                request,
                found,
                lambda at: employers.send_back_registration(
                    registration_id=found.pk,
                    round=form.cleaned_data["round"],
                    field_reasons=form.field_reasons(),
                    reason=form.cleaned_data["reason"],
                    by=request.actor,
                    at=at,
                ),
                done=f"已退回{found.name}，原因已短信通知经办人。",
            )
        except employers.EntryRefused as refusal:
            form.add_error(None, str(refusal))
    return _show(request, found, form, status=422)


def reject(request: HttpRequest, registration_id: int) -> HttpResponse:
    """Refuse it for good."""
    found, form = _get(request, registration_id), DecisionForm(request.POST)
    if not form.is_valid():
        return redirect("office:registration", found.pk)
    try:
        return _decide(
            request,
            found,
            lambda at: employers.reject_registration(
                registration_id=found.pk,
                round=form.cleaned_data["round"],
                reason=form.cleaned_data["reason"],
                by=request.actor,
                at=at,
            ),
            done=f"{found.name}的注册未予通过，已短信通知经办人。",
        )
    except employers.EntryRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:registration", found.pk)


def reveal(request: HttpRequest, registration_id: int, field: str) -> HttpResponse:
    """A full number, on request and on record."""
    if field not in HIDDEN:
        raise Http404
    found = _get(request, registration_id)
    masked = {
        "handler_mobile": values.mask_mobile(found.handler_mobile),
        "legal_document": found.legal_document_masked,
    }
    return reveals.answer(
        request,
        reveals.Hidden(what=HIDDEN[field], masked=masked[field], back=reverse("office:registration", args=[found.pk])),
        lambda why, at: employers.reveal_registration(
            registration_id=found.pk, field=field, why=why, by=request.actor, at=at
        ),
    )


def certificate(request: HttpRequest, registration_id: int) -> HttpResponse:
    """The image of the credit-code certificate."""
    return files.stored_file(request, file_id=_get(request, registration_id).certificate_id)


def _get(request: HttpRequest, registration_id: int) -> Registration:
    visible = Registration.objects.visible_to(request.actor).select_related("branch", "employer__branch")
    return get_object_or_404(visible, pk=registration_id)


def _decide(request: HttpRequest, found: Registration, act: object, *, done: str) -> HttpResponse:
    """One call that writes; what it refuses becomes words. Then the next one that waits is a click away."""
    try:
        act(timezone.now())
    except (TransitionNotAllowed, permissions.NotPermitted, employers.JoinRefused, work.AlreadyClaimed) as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:registration", found.pk)
    messages.success(request, done)
    return redirect("office:registrations")


def _show(request: HttpRequest, found: Registration, form: ReturnForm, *, status: int = 200) -> HttpResponse:
    file = StoredFile.objects.filter(pk=found.certificate_id).first()
    waits = found.state == RegistrationState.PENDING
    decides = permissions.may(request.actor, "registration.approve", found)
    context = {
        "registration": found,
        "rows": _rows(found, form),
        "form": form,
        "file": file,
        "is_picture": file is not None and file.media_type.startswith("image/"),
        "lookalikes": queries.get_lookalikes(name=found.name, credit_code=found.credit_code),
        "kind_differs": rules.kind_of(found.credit_code) not in ("", found.kind),
        "code_warning": check_credit_code(found.credit_code).warning,
        "history": history.get_rows(audit.get_history(subject=found)),
        "waits": waits,
        "may_decide": decides,
        "refusal": decides.words,
        "usual": [words for _, words in offer(RETURN_WORDS)()],
        "may_transfer": found.employer is not None
        and permissions.may(request.actor, "branch_transfer.ask", found.employer),
        "transfer": queries.get_open_transfer(employer=found.employer) if found.employer else None,
        "returned": found.state == RegistrationState.RETURNED,
    }
    return render(request, "office/registrations/record.html", context, status=status)


def _rows(found: Registration, form: ReturnForm) -> list[dict[str, object]]:
    """Each field with what was entered, who may be shown more, and where the reason is written."""
    kind = DOCUMENT_TYPES.get(found.legal_document_type)
    shown = {
        "credit_code": found.credit_code,
        "name": found.name,
        "kind": found.get_kind_display(),
        "branch": found.branch.name,
        "address": found.address,
        "headcount": f"{found.headcount:,} 人",
        "women_headcount": f"{found.women_headcount:,} 人",
        "legal_representative": found.legal_representative,
        "legal_document": f"{kind.label if kind else ''} {found.legal_document_masked}",
        "handler_name": f"{found.handler_name} {values.mask_mobile(found.handler_mobile)}",
        "certificate": "见右侧影像",
    }
    hidden = {"legal_document": "legal_document", "handler_name": "handler_mobile"}
    return [
        {
            "label": form.fields[PREFIX + field].label,
            "value": text,
            "reveal": hidden.get(field, ""),
            "masked": text.rsplit(" ", 1)[-1] if field in hidden else "",
            "plain": text.rsplit(" ", 1)[0] if field in hidden else text,
            "reason": form[PREFIX + field],
            "given": found.field_reasons.get(field, ""),
        }
        for field, text in shown.items()
    ]
