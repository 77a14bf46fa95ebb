"""消息中心 of an employer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from huzhu.notifications import operations as notifications
from huzhu.notifications.models import Notice
from huzhu.ui import menus

LATEST = 100


def messages(request: HttpRequest) -> HttpResponse:
    """The latest messages of the employer in front."""
    notices = Notice.objects.filter(employer_id=request.actor.employer_id).order_by("-id")[:LATEST]
    return render(request, "employer/messages/list.html", {"notices": notices})


def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    notifications.mark_read(employer_id=request.actor.employer_id, by=request.actor, at=timezone.now())
    return redirect("employer:messages")


@menus.counts_for("employer")
def count_unread(request: HttpRequest) -> dict[str, int]:
    """How many messages are unread."""
    return {"messages": Notice.objects.filter(employer_id=request.actor.employer_id, read_at__isnull=True).count()}
