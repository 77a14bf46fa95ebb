"""The steps of a plan version, each one press: draft, propose, publish, send back, close, and the windows of branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.journeys import plan_cases
from huzhu.plans import operations, permissions
from huzhu.plans.models import PlanVersion
from huzhu.shared.calendar import today
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.office.fill_in import fill_in
from huzhu.web.office.forms.plans import NewPlanForm, WindowForm
from huzhu.work.operations import AlreadyClaimed

REFUSALS = (
    operations.PlanRefused,
    operations.FiguresRefused,
    operations.VersionConflict,
    TransitionNotAllowed,
    AlreadyClaimed,
)


def _get(request: HttpRequest, version_id: int) -> PlanVersion:
    """A version of the whole association's staff; what branches do with published ones reads those."""
    return get_object_or_404(PlanVersion.objects.visible_to(request.actor).select_related("plan"), pk=version_id)


def _press(
    request: HttpRequest, version_id: int, act: Callable[..., PlanVersion], done: str, **words: Any
) -> HttpResponse:
    found = _get(request, version_id)
    try:
        made = act(version_id=found.pk, by=request.actor, at=timezone.now(), **words)
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return redirect("office:plan", found.pk)
    messages.success(request, done.format(made))
    return redirect("office:plan", made.pk)


def _revision(request: HttpRequest) -> int:
    seen = request.POST.get("revision", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """新增计划."""
    return fill_in(
        request,
        NewPlanForm(request.POST or None),
        lambda words: operations.begin_plan(by=request.actor, at=timezone.now(), **words),
        refusals=operations.FiguresRefused,
        done=lambda made: f"已新增“{made.plan}”的第 1 版草稿，请逐节修改；发布后才开始销售。",
        then=lambda made: reverse("office:plan-edit", args=[made.pk]),
        heading="新增计划",
        subtitle="只是条款或价格有变的，不必新增：在原计划上起草新版本，保障自动接续。",
        button="新增并起草",
        back_url=reverse("office:plans"),
        back_label="保障计划",
    )


@require_POST
def draft(request: HttpRequest, version_id: int) -> HttpResponse:
    """起草新版本."""
    found = _get(request, version_id)
    try:
        made = operations.draft_version(plan_id=found.plan_id, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except operations.PlanRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:plan", found.pk)
    messages.success(request, f"已按最近发布的版本起草“{made}”，请修改并填写开始销售日期和变更说明。")
    return redirect("office:plan-edit", made.pk)


@require_POST
def propose(request: HttpRequest, version_id: int) -> HttpResponse:
    """提交复核."""
    done = "已提交“{}”，待另一名产品管理员复核。"
    return _press(request, version_id, plan_cases.propose, done, revision=_revision(request))


@require_POST
def recall(request: HttpRequest, version_id: int) -> HttpResponse:
    """撤回."""
    return _press(request, version_id, operations.recall, "已撤回“{}”，可继续修改。")


@require_POST
def discard(request: HttpRequest, version_id: int) -> HttpResponse:
    """作废."""
    return _press(request, version_id, operations.discard, "已作废“{}”。")


@require_POST
def publish(request: HttpRequest, version_id: int) -> HttpResponse:
    """发布."""
    done = "已发布“{}”，自开始销售日期起按此版本参保。"
    return _press(request, version_id, plan_cases.publish, done, revision=_revision(request))


@require_POST
def send_back(request: HttpRequest, version_id: int) -> HttpResponse:
    """退回."""
    done = "已退回“{}”，由起草人修改后重新提交。"
    return _press(request, version_id, operations.send_back, done, reason=request.POST.get("reason", ""))


@require_POST
def close(request: HttpRequest, version_id: int) -> HttpResponse:
    """停售."""
    done = "已停售“{}”。已提交的申请、保单和保障照常办理。"
    return _press(request, version_id, operations.close, done, reason=request.POST.get("reason", ""))


@require_POST
def shorten(request: HttpRequest, version_id: int) -> HttpResponse:
    """提前结束销售."""
    try:
        last_day = parse_date(request.POST.get("last_day", ""))
    except ValueError:
        last_day = None
    if last_day is None:
        messages.error(request, "请填写最后销售日，如 2026-12-31。")
        return redirect("office:plan", _get(request, version_id).pk)
    words = {"last_day": last_day, "reason": request.POST.get("reason", "")}
    return _press(request, version_id, operations.bring_end_forward, f"“{{}}”最后销售日改为 {last_day}。", **words)


@require_http_methods(["GET", "HEAD", "POST"])
def window(request: HttpRequest, version_id: int) -> HttpResponse:
    """设置机构参保时间."""
    at = timezone.now()
    found = get_object_or_404(PlanVersion.objects.told().select_related("plan"), pk=version_id)
    form = WindowForm(request.POST or None, actor=request.actor, initial={"effective_from": today(at)})
    url = reverse("office:plan", args=[found.pk])
    own = f"{found.valid_from or '不限'} 至 {found.valid_to or '长期'}"
    return fill_in(
        request,
        form,
        lambda words: operations.set_window(version_id=found.pk, by=request.actor, at=at, **words),
        refusals=operations.PlanRefused,
        done=lambda made: f"已设置“{made.branch}”的参保时间，自 {made.effective_from} 起按此办理。",
        then=lambda _: url,
        heading=f"设置机构参保时间：{found.plan}",
        subtitle=f"第 {found.version} 版销售时间 {own}。连同下级机构；下级另有设置的按下级的。",
        button="保存",
        back_url=url,
        back_label=str(found.plan),
    )
