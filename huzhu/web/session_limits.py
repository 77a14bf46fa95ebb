"""Sessions end by the clock: idle 15 minutes (staff) or 30 (employers), 8 or 12 hours altogether (security.md §1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from huzhu.accounts import signing_in

Answer = Callable[[HttpRequest], HttpResponse]
ENDED = "session_ended"  # session key: tells the sign-in page why somebody is there again
GRAIN = timedelta(seconds=1)


def is_poll(request: HttpRequest) -> bool:
    """Test if the page asks by itself: an element named `poll`, or the header X-Poll. Such requests keep no session alive."""
    return request.headers.get("HX-Trigger-Name") == "poll" or "X-Poll" in request.headers


class SessionLimitsMiddleware:
    """Ends the session of whoever was away too long or has passed no second factor, and notes everybody else as seen."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            session, now = request.session, timezone.now()
            is_over = signing_in.is_session_over(
                is_staff=request.user.is_staff_account, began=session.began_at, seen=session.seen_at, at=now
            )
            if not session.proof:
                logout(
                    request
                )  # signed in without a second factor: such a session opens nothing, however it came to be
            elif is_over:
                logout(request)
                request.session[ENDED] = True
                if "HX-Request" in request.headers:
                    return HttpResponse(headers={"HX-Redirect": reverse("public:login")})
            elif session.began_at and not is_poll(request) and now - (session.seen_at or session.began_at) >= GRAIN:
                session.touch(at=now)
        return self.get_response(request)
