"""单位审核 · 经办人变更: the stamped forms and the desk on which one is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import django_tables2 as tables
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.employers import operations as employers
from huzhu.employers import permissions, queries
from huzhu.employers.models import HandOver, Membership
from huzhu.employers.states import HandOverState
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import tables as ui_tables
from huzhu.ui import values
from huzhu.web import files, history, reveals
from huzhu.web.office.forms.registrations import DecisionForm, HandOverFilter
from huzhu.web.office.presenters.registrations import tabs
from huzhu.work import operations as work

HIDDEN = {"former_mobile": "原经办人手机号", "mobile": "新经办人手机号"}
ACTS = {
    "approve": (employers.approve_hand_over, "经办人已变更为{name}，已短信通知双方。"),
    "return": (employers.send_back_hand_over, "已退回，原因已短信通知申请人。"),
    "reject": (employers.reject_hand_over, "变更申请未予通过，已短信通知申请人。"),
}


class HandOverTable(ui_tables.Table):
    """Changes of handler by stamped form, those that wait longest first."""

    caption = "经办人变更"
    unit = "件"

    employer = tables.Column("单位名称", linkify=("office:hand-over", {"hand_over_id": tables.A("pk")}))
    branch = tables.Column("所属代办处", accessor="employer__branch", order_by="employer__branch__path")
    former_name = ui_tables.MaskedColumn("原经办人", kind="name", orderable=False)
    name = ui_tables.MaskedColumn("新经办人", kind="name", orderable=False)
    mobile = ui_tables.MaskedColumn("新经办人手机号", kind="mobile", orderable=False)
    asked_at = ui_tables.MomentColumn("提交时间")
    state = ui_tables.StateColumn("状态")


def hand_overs(request: HttpRequest) -> HttpResponse:
    """The stamped forms of the own subtree; what waits is shown unless asked otherwise."""
    form = HandOverFilter(request.GET if "state" in request.GET else {"state": HandOverState.PENDING})
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.get_hand_overs_by_form(
        actor=request.actor, state=wanted.get("state", ""), words=wanted.get("words", "").replace("\x00", "")
    )
    table = HandOverTable(found, empty_text="没有符合条件的经办人变更")
    tables.RequestConfig(request, paginate={"per_page": 100}).configure(table)
    context = {"form": form, "table": table, "tabs": tabs(request, current="office:hand-overs")}
    return render(request, "office/registrations/hand_overs.html", context)


def hand_over(request: HttpRequest, hand_over_id: int) -> HttpResponse:
    """One change of handler beside its stamped form."""
    return _show(request, _get(request, hand_over_id), DecisionForm())


def decide(request: HttpRequest, hand_over_id: int, *, act: str) -> HttpResponse:
    """Approve, return or reject what was seen; a missing reason is asked for and nothing typed is lost."""
    found, form = _get(request, hand_over_id), DecisionForm(request.POST)
    operation, done = ACTS[act]
    if not form.is_valid():
        return redirect("office:hand-over", found.pk)
    given = {"round": form.cleaned_data["round"]}
    if act != "approve":
        given["reason"] = form.cleaned_data["reason"]
    try:
        _act(operation, given, found, request, at=timezone.now())
    except employers.HandOverRefused as refusal:
        form.add_error("reason" if refusal.field == "reason" else None, str(refusal))
        return _show(request, found, form, status=422)
    except (TransitionNotAllowed, permissions.NotPermitted, employers.JoinRefused, work.AlreadyClaimed) as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:hand-over", found.pk)
    messages.success(request, f"{found.employer}：" + done.format(name=found.name))
    return redirect("office:hand-overs")


def reveal(request: HttpRequest, hand_over_id: int, field: str) -> HttpResponse:
    """A full mobile, on request and on record."""
    if field not in HIDDEN:
        raise Http404
    found = _get(request, hand_over_id)
    hidden = reveals.Hidden(
        what=HIDDEN[field],
        masked=values.mask_mobile(getattr(found, field)),
        back=reverse("office:hand-over", args=[found.pk]),
    )
    return reveals.answer(
        request,
        hidden,
        lambda why, at: employers.reveal_hand_over(
            hand_over_id=found.pk, field=field, why=why, by=request.actor, at=at
        ),
    )


def reveal_member(request: HttpRequest, membership_id: int) -> HttpResponse:
    """The full mobile of a member of an account that changes its handler, on request and on record."""
    member = get_object_or_404(
        Membership.objects.visible_to(request.actor).live().select_related("user"), pk=membership_id
    )
    here = queries.get_hand_overs_by_form(actor=request.actor).filter(employer=member.employer_id).last()
    hidden = reveals.Hidden(
        what="账号成员手机号",
        masked=values.mask_mobile(member.user.mobile),
        back=reverse("office:hand-over", args=[here.pk]) if here else reverse("office:hand-overs"),
    )
    return reveals.answer(
        request,
        hidden,
        lambda why, at: employers.reveal_member(membership_id=member.pk, why=why, by=request.actor, at=at),
    )


def hand_over_paper(request: HttpRequest, hand_over_id: int) -> HttpResponse:
    """The stamped form itself."""
    return files.stored_file(request, file_id=_get(request, hand_over_id).form_id)


def _get(request: HttpRequest, hand_over_id: int) -> HandOver:
    found = queries.get_hand_overs_by_form(actor=request.actor)
    return get_object_or_404(found, pk=hand_over_id)


def _act(operation: Callable, given: dict, found: HandOver, request: HttpRequest, *, at: datetime) -> None:
    operation(hand_over_id=found.pk, **given, by=request.actor, at=at)


def _show(request: HttpRequest, found: HandOver, form: DecisionForm, *, status: int = 200) -> HttpResponse:
    paper = files.get_visible(request.actor).filter(pk=found.form_id).first()
    waits = found.state == HandOverState.PENDING
    decides = permissions.may(request.actor, "hand_over.approve", found)
    context = {
        "hand_over": found,
        "form": form,
        "paper": paper,
        "is_picture": paper is not None and paper.media_type.startswith("image/"),
        "members": queries.get_members(employer=found.employer),
        "history": history.get_rows(audit.get_history(subject=found)),
        "waits": waits,
        "may_decide": decides,
        "may_reveal": permissions.may(request.actor, "hand_over.reveal", found),
        "may_reveal_members": permissions.may(request.actor, "member.reveal"),
        "refusal": decides.words,
    }
    return render(request, "office/registrations/hand_over.html", context, status=status)
