"""Writing a campaign, and its steps, each one press: propose, take back, publish, send back, close, discard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.gifts import operations, permissions
from huzhu.gifts.models import GiftCampaign
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.office.forms.gifts import CampaignForm
from huzhu.work.operations import AlreadyClaimed

REFUSALS = (
    operations.CampaignRefused,
    operations.CampaignConflict,
    operations.FiguresRefused,
    TransitionNotAllowed,
    AlreadyClaimed,
)


def _get(request: HttpRequest, campaign_id: int) -> GiftCampaign:
    return get_object_or_404(
        GiftCampaign.objects.visible_to(request.actor).select_related("plan", "branch"), pk=campaign_id
    )


def _save(request: HttpRequest, form: CampaignForm, act: Callable[..., GiftCampaign], **words: Any) -> Any:
    """Save what was typed, or say at its fields why not."""
    try:
        return act(figures=form.get_figures(), quotas=form.get_quotas(), by=request.actor, at=timezone.now(), **words)
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except operations.FiguresRefused as refusal:
        for name, problem in refusal.problems.items():
            form.add_error(name if name in form.fields else None, problem)
    except (operations.CampaignRefused, operations.CampaignConflict) as refusal:
        form.add_error(None, str(refusal))
    return None


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """新建活动."""
    form = CampaignForm(request.POST if request.method == "POST" else None, actor=request.actor)
    if form.is_bound and form.is_valid() and (made := _save(request, form, operations.draft_campaign)):
        messages.success(request, f"已建立“{made}”的草稿，核对后提交复核。")
        return redirect("office:gift", made.pk)
    return render(request, "office/gifts/edit.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """修改活动."""
    campaign = _get(request, campaign_id)
    if refusal := permissions.may(request.actor, "gift_campaign.draft", campaign).words:
        raise PermissionDenied(refusal)
    form = CampaignForm(request.POST if request.method == "POST" else None, actor=request.actor, campaign=campaign)
    if form.is_bound and form.is_valid():
        words = {"campaign_id": campaign.pk, "revision": form.cleaned_data["revision"]}
        if made := _save(request, form, operations.change_draft, **words):
            messages.success(request, f"已保存“{made}”的草稿。")
            return redirect("office:gift", made.pk)
    context = {"form": form, "campaign": campaign}
    return render(request, "office/gifts/edit.html", context, status=422 if form.is_bound else 200)


def _press(
    request: HttpRequest, campaign_id: int, act: Callable[..., GiftCampaign], done: str, **words: Any
) -> HttpResponse:
    found = _get(request, campaign_id)
    try:
        made = act(campaign_id=found.pk, by=request.actor, at=timezone.now(), **words)
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return redirect("office:gift", found.pk)
    messages.success(request, done.format(made))
    return redirect("office:gift", made.pk)


def _revision(request: HttpRequest) -> int:
    seen = request.POST.get("revision", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0


@require_POST
def propose(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """提交复核."""
    done = "已提交“{}”，待另一名产品管理员复核。"
    return _press(request, campaign_id, operations.propose, done, revision=_revision(request))


@require_POST
def recall(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """撤回."""
    return _press(request, campaign_id, operations.recall, "已撤回“{}”，可继续修改。")


@require_POST
def discard(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """作废."""
    return _press(request, campaign_id, operations.discard, "已作废“{}”。")


@require_POST
def publish(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """发布."""
    return _press(request, campaign_id, operations.publish, "已发布“{}”。", revision=_revision(request))


@require_POST
def send_back(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """退回."""
    done = "已退回“{}”，由起草人修改后重新提交。"
    return _press(request, campaign_id, operations.send_back, done, reason=request.POST.get("reason", ""))


@require_POST
def close(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """结束."""
    return _press(request, campaign_id, operations.close, "已结束“{}”。", reason=request.POST.get("reason", ""))
