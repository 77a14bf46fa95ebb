"""Pages that exist for trying the product, and the sign of life for a proxy."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from huzhu.notifications.models import SmsMessage
from huzhu.ui import gallery as ui_gallery

LATEST = 60


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every variant; in demo mode only."""
    _only_in_demo()
    return ui_gallery.gallery(request)


def phone(request: HttpRequest) -> HttpResponse:
    """The text messages of the demo, newest first, as the phones would show them. Filtered by mobile through POST only."""
    _only_in_demo()
    mobile = request.POST.get("mobile", "").strip()
    messages = SmsMessage.objects.order_by("-id")
    if mobile:
        messages = messages.filter(mobile=mobile)
    return render(request, "public/demo/phone.html", {"texts": messages[:LATEST], "mobile": mobile})


def health(request: HttpRequest) -> HttpResponse:
    """Answers “ok” while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404
