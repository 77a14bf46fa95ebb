"""机构: the tree of branches with what belongs to each, and the pages on which it is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from huzhu.accounts import operations as accounts
from huzhu.accounts import permissions
from huzhu.accounts.models import Branch, BranchLevel, StaffPost
from huzhu.accounts.operations.branches import BELOW
from huzhu.audit import queries as audit
from huzhu.journeys import close_branch as closing
from huzhu.web.history import get_rows
from huzhu.web.office.fill_in import fill_in
from huzhu.web.office.forms import branches as forms
from huzhu.web.office.presenters import branches as presenter

reads_or_sends = require_http_methods(["GET", "HEAD", "POST"])


def branches(request: HttpRequest) -> HttpResponse:
    """The tree. Three queries: branches, employers and staff of each."""
    form = forms.BranchFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = presenter.get_tree(actor=request.actor, words=wanted.get("words", ""), closed=wanted.get("closed", False))
    return render(
        request,
        "office/system/branches.html",
        {"form": form, "rows": rows, "may_change": permissions.may(request.actor, "branch.keep")},
    )


def branch(request: HttpRequest, branch_id: int) -> HttpResponse:
    """One office: where it stands, who is placed there, what was done; and what stands against closing it."""
    found = _get(request, branch_id)
    may_change = permissions.may(request.actor, "branch.keep", found)
    is_own_root = found.path == request.actor.branch_path
    return render(
        request,
        "office/system/branch.html",
        {
            "branch": found,
            "row": presenter.get_row(found, actor=request.actor),
            "staff": StaffPost.objects.visible_to(request.actor).filter(branch=found).select_related("user"),
            "below": Branch.objects.visible_to(request.actor).filter(parent=found).order_by("code"),
            "transfers": presenter.get_transfers(found, actor=request.actor),
            "history": get_rows(audit.get_history(subject=found)),
            "may_change": may_change,
            "may_move": may_change and not is_own_root and found.level == BranchLevel.COUNTY,
            "may_close": may_change and not is_own_root,
            "obstacles": closing.get_obstacles(found) if may_change and not found.closed_at else [],
        },
    )


@reads_or_sends
def make(request: HttpRequest) -> HttpResponse:
    """新增机构."""
    form = forms.NewBranchForm(request.POST or None, actor=request.actor, initial=request.GET.dict())

    def act(words: dict[str, Any]) -> Branch:
        parent = get_object_or_404(Branch.objects.visible_to(request.actor), pk=words["parent"])
        return accounts.make_branch(
            parent_id=parent.pk,
            level=BELOW[BranchLevel(parent.level)],
            code=words["code"],
            name=words["name"],
            by=request.actor,
            at=timezone.now(),
        )

    return _fill_in(
        request,
        form,
        act,
        done="已新增{}。",
        heading="新增机构",
        button="新增机构",
        back_url=reverse("office:branches"),
        back_label="机构",
    )


@reads_or_sends
def rename(request: HttpRequest, branch_id: int) -> HttpResponse:
    """改名."""
    found = _get(request, branch_id)
    form = forms.WordsForm(request.POST or None, initial={"name": found.name, "code": found.code})
    return _fill_in(
        request,
        form,
        lambda words: accounts.rename_branch(branch_id=found.pk, **words, by=request.actor, at=timezone.now()),
        done="已改为{}。",
        heading=f"修改名称：{found.name}",
        subtitle="已出具的单据保留原名称。",
        button="保存",
        branch=found,
    )


@reads_or_sends
def move(request: HttpRequest, branch_id: int) -> HttpResponse:
    """调整上级机构, with everything below."""
    found = _get(request, branch_id)
    form = forms.MoveForm(request.POST or None, actor=request.actor, branch=found)
    row = presenter.get_row(found, actor=request.actor)
    return _fill_in(
        request,
        form,
        lambda words: accounts.move_branch(
            branch_id=found.pk, parent_id=words["parent"], reason=words["reason"], by=request.actor, at=timezone.now()
        ),
        done="已调整{}的上级机构。",
        heading=f"调整上级机构：{found.name}",
        subtitle=f"现属{found.parent}。连同 {row.employers_below:,} 家参保单位、{row.staff_below:,} 名工作人员一并移动；"
        "原上级机构随即看不到这些单位，新上级机构随即可以办理。",
        button="确认调整",
        branch=found,
    )


@reads_or_sends
def close(request: HttpRequest, branch_id: int) -> HttpResponse:
    """停用."""
    found = _get(request, branch_id)
    form = forms.ReasonForm(request.POST or None)
    return _fill_in(
        request,
        form,
        lambda words: closing.close_branch(
            branch_id=found.pk, reason=words["reason"], by=request.actor, at=timezone.now()
        ),
        done="已停用{}。",
        heading=f"停用机构：{found.name}",
        subtitle="停用后不再接收单位注册和工作人员，办理记录保留，需要时可恢复使用。",
        button="确认停用",
        branch=found,
    )


@reads_or_sends
def reopen(request: HttpRequest, branch_id: int) -> HttpResponse:
    """恢复使用."""
    found = _get(request, branch_id)
    form = forms.ReasonForm(request.POST or None)
    return _fill_in(
        request,
        form,
        lambda words: accounts.reopen_branch(
            branch_id=found.pk, reason=words["reason"], by=request.actor, at=timezone.now()
        ),
        done="已恢复使用{}。",
        heading=f"恢复使用：{found.name}",
        button="确认恢复",
        branch=found,
    )


def _fill_in(
    request: HttpRequest,
    form: Form,
    act: Callable[[dict[str, Any]], Branch],
    *,
    done: str,
    branch: Branch | None = None,
    **words: str,
) -> HttpResponse:
    if branch is not None:
        words |= {"back_url": reverse("office:branch", args=[branch.pk]), "back_label": branch.name}
    return fill_in(
        request,
        form,
        act,
        refusals=accounts.BranchRefused,
        done=lambda changed: done.format(f"“{changed.name}”"),
        then=lambda changed: reverse("office:branch", args=[changed.pk]),
        **words,
    )


def _get(request: HttpRequest, branch_id: int) -> Branch:
    return get_object_or_404(Branch.objects.visible_to(request.actor).select_related("parent"), pk=branch_id)
