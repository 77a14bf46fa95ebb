"""公告: what employers are told, whom it reaches before it goes out, and who has read it since."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.announcements import exports, operations, permissions, queries
from huzhu.announcements.models import Announcement
from huzhu.announcements.states import AnnouncementState
from huzhu.shared.calendar import ONE_DAY, local_date
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Tab
from huzhu.web import keyset
from huzhu.web.office.fill_in import fill_in
from huzhu.web.office.forms.announcements import AnnouncementFilter, DraftForm
from huzhu.web.office.presenters import announcements as presenter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SAMPLE = 8
SHOWS = {"unread": "未读", "read": "已读"}
FORM = "office/announcements/form.html"


def announcements(request: HttpRequest) -> HttpResponse:
    """The list, newest first. Four queries: the page, both counts, names of branches."""
    form = AnnouncementFilter(request.GET)
    found = Announcement.objects.visible_to(request.actor).select_related("branch")
    if form.is_valid():
        if form.cleaned_data["state"]:
            found = found.filter(state=form.cleaned_data["state"])
        if form.cleaned_data["words"]:
            found = found.filter(title__icontains=form.cleaned_data["words"])
    page = keyset.get_page(found, place=request.GET)
    return render(
        request,
        "office/announcements/list.html",
        {
            "form": form,
            "tabs": presenter.get_tabs(actor=request.actor, current="office:announcements"),
            "lines": presenter.get_lines(page.rows, actor=request.actor),
            "page": page,
            "may_write": permissions.may(request.actor, "announcement.write"),
        },
    )


def announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """One announcement: a preview before it goes out, its receipts afterwards."""
    found = _get(request, announcement_id)
    context = {
        "announcement": found,
        "audience": presenter.tell_audience(found),
        "may_act": permissions.may(request.actor, "announcement.write", found.branch),
        "tomorrow": local_date(timezone.now()) + ONE_DAY,
        "was_reminded_today": found.reminded_on == local_date(timezone.now()),
    }
    if found.was_told:
        context |= _get_receipts(request, found)
    elif found.state != AnnouncementState.WITHDRAWN:
        addressees = queries.get_addressees(found)
        context |= {"reaches": addressees.count(), "sample": addressees.order_by("pk")[:SAMPLE]}
    return render(request, "office/announcements/detail.html", context)


def _get_receipts(request: HttpRequest, found: Announcement) -> dict[str, object]:
    """The counts and one page of those who have, or have not, read."""
    receipts = queries.get_receipts(found, actor=request.actor)
    show = request.GET.get("show", "unread" if receipts.unread else "read")
    show = show if show in SHOWS else "unread"
    rows = queries.get_recipients(found, actor=request.actor, is_read=exports.SCOPES[show])
    counts = {"unread": receipts.unread, "read": receipts.read}
    return {
        "receipts": receipts,
        "show": show,
        "page": keyset.get_page(rows, place=request.GET),
        "tabs": [
            Tab(label=label, url=f"{request.path}?show={key}", current=show == key, count=counts[key])
            for key, label in SHOWS.items()
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """新建公告."""
    form = DraftForm(request.POST or None, actor=request.actor, initial={"audience": "all"})
    return _fill_in(
        request,
        form,
        lambda _: operations.write(draft=form.get_draft(), by=request.actor, at=timezone.now()),
        heading="新建公告",
        back_url=reverse("office:announcements"),
        back_label="公告",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """修改草稿."""
    found = _get(request, announcement_id)
    if request.method != "POST" and found.state != AnnouncementState.DRAFT:
        messages.warning(request, "只有草稿可以修改。")
        return redirect("office:announcement", found.pk)
    initial = DraftForm.get_initial(found, actor=request.actor)
    form = DraftForm(request.POST or None, actor=request.actor, initial=initial)
    return _fill_in(
        request,
        form,
        lambda words: operations.edit(
            announcement_id=found.pk,
            draft=form.get_draft(),
            version=words["version"] or 0,
            by=request.actor,
            at=timezone.now(),
        ),
        heading="修改公告",
        back_url=reverse("office:announcement", args=[found.pk]),
        back_label=found.title,
    )


def _fill_in(request: HttpRequest, form: DraftForm, act: Callable[..., object], **words: object) -> HttpResponse:
    return fill_in(
        request,
        form,
        act,
        refusals=operations.AnnouncementRefused,
        done=lambda _: "草稿已保存。请核对预览和发送范围后发布。",
        then=lambda kept: reverse("office:announcement", args=[kept.pk]),
        template=FORM,
        button="保存并预览",
        **words,
    )


@require_POST
def publish(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """立即发布."""
    found = _get(request, announcement_id)
    return _act(
        request,
        found,
        lambda: operations.publish(
            announcement_id=found.pk, version=_version(request), by=request.actor, at=timezone.now()
        ),
        done=lambda told: f"已发布，送达 {told.recipient_count:,} 家单位。",
    )


@require_POST
def schedule(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """定时发布."""
    found = _get(request, announcement_id)
    day = _read_day(request.POST.get("publish_on", ""))
    if day is None:
        messages.error(request, "请选择发布日期。")
        return redirect("office:announcement", found.pk)
    return _act(
        request,
        found,
        lambda: operations.schedule(
            announcement_id=found.pk, version=_version(request), publish_on=day, by=request.actor, at=timezone.now()
        ),
        done=lambda _: f"将于 {day} 早上 8 点发布，届时符合条件的单位都会收到。",
    )


@require_POST
def unschedule(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """取消定时."""
    found = _get(request, announcement_id)
    return _act(
        request,
        found,
        lambda: operations.unschedule(announcement_id=found.pk, by=request.actor, at=timezone.now()),
        done=lambda _: "已取消定时，公告回到草稿。",
    )


@require_POST
def withdraw(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """撤回."""
    found = _get(request, announcement_id)
    return _act(
        request,
        found,
        lambda: operations.withdraw(
            announcement_id=found.pk, reason=request.POST.get("reason", ""), by=request.actor, at=timezone.now()
        ),
        done=lambda _: "已撤回。",
    )


@require_POST
def remind(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """提醒未读单位."""
    found = _get(request, announcement_id)
    return _act(
        request,
        found,
        lambda: operations.remind(announcement_id=found.pk, by=request.actor, at=timezone.now()),
        done=lambda count: f"已在消息中心提醒 {count:,} 家未读单位。",
    )


@require_POST
def export(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """The receipts as a workbook, after the reason has been written down."""
    found, now = _get(request, announcement_id), timezone.now()
    show = request.POST.get("show", "all")
    try:
        content = exports.export_receipts(
            announcement=found,
            show=show if show in exports.SCOPES else "all",
            reason=request.POST.get("reason", ""),
            by=request.actor,
            at=now,
        )
    except exports.ExportRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:announcement", found.pk)
    name = f"公告阅读情况{found.pk}-{local_date(now):%Y%m%d}.xlsx"
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": content_disposition_header(True, name)}
    )


def _act(
    request: HttpRequest, found: Announcement, act: Callable[[], object], *, done: Callable[..., str]
) -> HttpResponse:
    """Take a step and tell what came of it, on the announcement's page."""
    try:
        result = act()
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except (operations.AnnouncementRefused, TransitionNotAllowed) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done(result))
    return redirect("office:announcement", found.pk)


def _get(request: HttpRequest, announcement_id: int) -> Announcement:
    seen = Announcement.objects.visible_to(request.actor).select_related("branch")
    return get_object_or_404(seen, pk=announcement_id)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _read_day(text: str) -> object:
    try:
        return parse_date(text[:10])
    except ValueError:
        return None
