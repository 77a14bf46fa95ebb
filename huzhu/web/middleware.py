"""Who is asking, may they open this route, and what browsers may keep of the answer."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import Resolver404, resolve
from django.utils import timezone

from huzhu.audit import operations as audit
from huzhu.code_lists import queries as code_lists
from huzhu.shared import trace
from huzhu.shared.actors import Actor, Side
from huzhu.web import access
from huzhu.web.actors import get_actor

Answer = Callable[[HttpRequest], HttpResponse]
# The first page of somebody who may sign in but has nothing to do yet says so, instead of pretending not to be there.
WAITING = {
    "office:home": "您的账号还没有角色。请联系安全管理员授予角色，再重新登录。",
    "employer:home": "您的手机号目前不是任何单位账号的成员。请联系单位管理员邀请您加入，或在登录页申请加入。",
}
METHODS = ("GET", "HEAD", "POST")  # browsers know no others; a route may take fewer


class TraceMiddleware:
    """
    Gives every request its trace id, which the answer, the log and the audit events carry, and writes down what somebody signed in
    was refused: a page or record they may not see, or an act the rules do not let them do. That has a transaction of its own, for
    the refused act's was rolled back.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with trace.following() as refusals:
            request.trace_id = trace.get_id()  # for lines of the log that are written when this is over
            response = self.get_response(request)
            is_shut = response.status_code in (403, 404) and request.resolver_match is not None
            is_act = request.method == "POST" and refusals
            if (is_shut or is_act) and (by := self._get_signed_in(request)):
                self._write(request, response, refusals, by=by)
            response["X-Request-ID"] = trace.get_id()
        return response

    @staticmethod
    def _get_signed_in(request: HttpRequest) -> Actor | None:
        """The actor; for an account without post or employer the account; nobody for strangers."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        return getattr(request, "actor", None) or Actor(
            user_id=user.pk,
            name=user.name,
            person=user.mobile,
            side=Side.OFFICE if user.is_staff_account else Side.EMPLOYER,
            address=request.META.get("REMOTE_ADDR", ""),
            device=request.headers.get("User-Agent", ""),
        )

    @staticmethod
    def _write(request: HttpRequest, response: HttpResponse, refusals: list[str], *, by: Actor) -> None:
        match = request.resolver_match
        audit.record_refusal(
            refusals,
            route=match.view_name,
            place={**match.kwargs, "method": request.method, "status": response.status_code},
            by=by,
            at=timezone.now(),
        )


class CodeListsMiddleware:
    """Lets a request read the lists of codes once, whatever it shows of them."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with code_lists.remembering():
            return self.get_response(request)


class ActorMiddleware:
    """Gives every request its `actor`, or None when nobody is signed in."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = get_actor(request)
        return self.get_response(request)


class AccessMiddleware:
    """
    Default deny: a route opens only to whom the access table admits. A stranger is sent to sign in; somebody signed in gets 404,
    the same as for a page that does not exist. A method that no route takes is refused only to whom the route is open.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.table = access.get_table()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        try:
            name = resolve(request.path_info).view_name
        except Resolver404:
            return None
        rule = self.table.get(name)
        if rule is None:
            raise Http404
        if rule.admits(request.actor):
            return None if request.method in METHODS else HttpResponseNotAllowed(METHODS)
        if request.actor is None and not request.user.is_authenticated:
            return self._ask_to_sign_in(request)
        if name in WAITING and (request.actor is None or not request.actor.roles):
            raise PermissionDenied(WAITING[name])
        raise Http404

    @staticmethod
    def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
        """To the sign-in page and back; a fragment's answer makes the browser leave the whole page, not swap a form into it."""
        if request.headers.get("HX-Request") != "true":
            return redirect_to_login(request.get_full_path())
        back = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        return HttpResponse(status=204, headers={"HX-Redirect": redirect_to_login(back)["Location"]})


class PrivatePagesMiddleware:
    """Pages for signed-in people are kept by no cache, and fragments are told apart from whole pages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        response.headers.setdefault("Vary", "HX-Request")
        return response
