"""单位审核 · 单位划转: employers that go from one branch to another, asked for, received, refused or taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import django_tables2 as tables
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from huzhu.audit import queries as audit
from huzhu.employers import operations as employers
from huzhu.employers import permissions, queries
from huzhu.employers.models import BranchTransfer
from huzhu.employers.states import TransferState
from huzhu.journeys import transfer_employer as journey
from huzhu.journeys import transfer_in_bulk as bulk
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import tables as ui_tables
from huzhu.web import history
from huzhu.web.office.fill_in import fill_in
from huzhu.web.office.forms.transfers import (
    AnswerForm,
    BulkTransferForm,
    FromBranchForm,
    TransferFilter,
    TransferForm,
)
from huzhu.web.office.presenters import transfers as presenter
from huzhu.web.office.presenters.registrations import tabs
from huzhu.work import operations as work

reads_or_sends = require_http_methods(["GET", "HEAD", "POST"])
MANY = "office/registrations/transfer_many.html"
RESULT = "office/registrations/transfer_many_result.html"
REFUSALS = (employers.TransferRefused, TransitionNotAllowed, permissions.NotPermitted, work.AlreadyClaimed)


class TransferTable(ui_tables.Table):
    """Employers that go to another branch, those that wait longest first."""

    caption = "单位划转"
    unit = "件"

    employer = tables.Column("单位名称", linkify=("office:transfer", {"transfer_id": tables.A("pk")}))
    from_branch = tables.Column("原机构", order_by="from_branch__path")
    to_branch = tables.Column("接收机构", order_by="to_branch__path")
    reason = tables.Column("原因", orderable=False)
    asked_by_name = tables.Column("发起人", orderable=False)
    asked_at = ui_tables.MomentColumn("发起时间")
    state = ui_tables.StateColumn("状态")


def transfers(request: HttpRequest) -> HttpResponse:
    """What leaves and reaches the own subtree; what waits is shown unless asked otherwise."""
    form = TransferFilter(request.GET if "state" in request.GET else {"state": TransferState.REQUESTED})
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.get_transfers(
        actor=request.actor, state=wanted.get("state", ""), words=wanted.get("words", "").replace("\x00", "")
    )
    table = TransferTable(found, empty_text="没有符合条件的单位划转")
    tables.RequestConfig(request, paginate={"per_page": 100}).configure(table)
    context = {
        "form": form,
        "table": table,
        "tabs": tabs(request, current="office:transfers"),
        "may_ask": permissions.may(request.actor, "branch_transfer.ask"),
    }
    return render(request, "office/registrations/transfers.html", context)


@reads_or_sends
def make(request: HttpRequest) -> HttpResponse:
    """发起划转: which employer, to which branch, and why."""
    chosen = presenter.get_chosen(request)
    form = TransferForm(request.POST or None, actor=request.actor, initial={"employer": chosen})
    return fill_in(
        request,
        form,
        lambda words: journey.request(
            employer_id=words["employer"].pk,
            to_branch_id=words["to_branch"],
            reason=words["reason"],
            by=request.actor,
            at=timezone.now(),
        ),
        refusals=employers.TransferRefused,
        done=presenter.get_done,
        then=lambda made: reverse("office:transfer", args=[made.pk]),
        heading="划转单位",
        subtitle="原机构和接收机构都在您辖区内的，提交后立即生效；否则由接收机构的受理员接收后生效。"
        "名册、申请、缴款单、保单和票据随单位一并移交，单位收到短信和通知。",
        button="提交划转",
        back_url=reverse("office:transfers"),
        back_label="单位划转",
    )


@reads_or_sends
def make_many(request: HttpRequest) -> HttpResponse:
    """批量划转: several employers to one branch, with a result per row; what was not done stays in the form."""
    form, chosen = BulkTransferForm(request.POST or None), FromBranchForm(request.GET, actor=request.actor)
    context = {"form": form, "chosen": chosen, "most": bulk.MOST}
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        outcomes = bulk.request_in_bulk(
            named=wanted["employers"],
            to_branch_id=wanted["to_branch"],
            reason=wanted["reason"],
            by=request.actor,
            at=timezone.now(),
        )
        return render(request, RESULT, presenter.get_result(outcomes, form))
    if not form.is_bound and chosen.is_valid():
        lines, more = presenter.get_lines(actor=request.actor, branch_id=chosen.cleaned_data["branch"] or None)
        context |= {"form": BulkTransferForm(initial={"employers": lines}), "more": more}
    return render(request, MANY, context, status=422 if form.is_bound else 200)


def transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """One transfer: from where to where, why, what goes along, and what was done."""
    found = _get(request, transfer_id)
    waits = found.state == TransferState.REQUESTED
    receives = permissions.may(request.actor, "branch_transfer.accept", found)
    context = {
        "transfer": found,
        "goes_along": presenter.get_belongings(found.employer) if waits else [],
        "waits": waits,
        "may_receive": receives,
        "may_withdraw": permissions.may(request.actor, "branch_transfer.withdraw", found),
        "refusal": receives.words,
        "history": history.get_rows(audit.get_history(subject=found)),
    }
    return render(request, "office/registrations/transfer.html", context)


def accept(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """接收."""
    found = _get(request, transfer_id)
    done = f"已接收{found.employer}，自今日起由{found.to_branch}办理，已通知单位。"
    return _decide(request, found, journey.accept, done=done)


def refuse(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """不予接收, with the reason."""
    found, form = _get(request, transfer_id), AnswerForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    done = f"未接收{found.employer}，原因已短信告知发起人。"
    return _decide(request, found, partial(employers.refuse_transfer, reason=reason), done=done)


def withdraw(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """撤回."""
    found = _get(request, transfer_id)
    done = f"已撤回{found.employer}的划转，单位仍归属{found.from_branch}。"
    return _decide(request, found, employers.withdraw_transfer, done=done)


def _get(request: HttpRequest, transfer_id: int) -> BranchTransfer:
    return get_object_or_404(queries.get_transfers(actor=request.actor), pk=transfer_id)


def _decide(request: HttpRequest, found: BranchTransfer, act: Callable[..., object], *, done: str) -> HttpResponse:
    try:
        act(transfer_id=found.pk, by=request.actor, at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:transfer", found.pk)
    messages.success(request, done)
    return redirect("office:transfers")
