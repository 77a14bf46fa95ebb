"""
The page that asks for the second factor before a sensitive act. The operation refuses (shared/fresh_factor.py), this page takes the
factor together with everything that was typed, and the act goes on as if it had been sent just now. Nothing typed is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from huzhu.accounts import codes, signing_in
from huzhu.shared.actors import Side
from huzhu.shared.fresh_factor import FactorStale
from huzhu.shared.identity import mobile as mobiles
from huzhu.ui.form_keys import KEY
from huzhu.web.public import proofs, sessions
from huzhu.web.public.mobile_step import Page, SendAnswer
from huzhu.web.submissions import find_answer
from huzhu.web.typed import get_back, get_typed, take_whole_page

Answer = Callable[[HttpRequest], HttpResponse]
TOKEN, METHOD, ACTION = "step_up_token", "step_up_method", "step_up_action"
SEND = "employer:account-code"
OURS = {TOKEN, METHOD, ACTION, KEY, "csrfmiddlewaretoken"}


class StepUpMiddleware:
    """Shows the page where an operation has refused a stale factor, and takes the factor that comes back with the act."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if request.method != "POST" or METHOD not in request.POST or request.actor is None:
            return None
        if request.resolver_match.view_name == SEND:
            return None  # asks for another code, with everything typed alongside
        if (known := find_answer(request)) is not None:
            return known  # the digits have served once, with the same act
        now = timezone.now()
        browser, token = proofs.get_browser(request), request.POST.get(TOKEN, "")
        try:
            proof = signing_in.step_up(user=request.user, token=token, asked_by=browser, at=now, by=request.actor)
        except signing_in.FactorRefused as refusal:
            return _show(request, _Act.of(request), error=str(refusal))
        request.session.prove(at=now, proof=proof)
        request.session.save()  # now: the act itself may end this session, which must not come back
        request.session.modified = False
        request.actor = replace(request.actor, proven_at=now)
        return redirect(request.get_full_path()) if request.POST[METHOD] == "GET" else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, FactorStale):
            return None
        act = _Act.of(request)
        if request.actor.side == Side.OFFICE:
            return _show(request, act)
        return _show(request, act, sent=_send_code(request))


def send_code(request: HttpRequest) -> HttpResponse:
    """Another code; the button and its words for htmx, else the page with everything that was typed."""
    sent = _send_code(request)
    if request.htmx:
        return sent.show(request, page=_page(), mobile="")
    return _show(request, _Act.of(request), sent=sent)


@dataclass(frozen=True, kw_only=True)
class _Act:
    """What somebody was about to do: where it was sent, how, and everything that was typed."""

    action: str
    method: str
    typed: list[tuple[str, str]]
    back: str
    has_lost_files: bool

    @classmethod
    def of(cls, request: HttpRequest) -> _Act:
        """The act of this request, or the one that the page carries along."""
        home = sessions.home_of(request.user)
        here = request.get_full_path()
        return cls(
            action=sessions.safe_next(request, request.POST.get(ACTION, "")) or here,
            method=request.POST.get(METHOD) or request.method,
            typed=get_typed(request, without=OURS),
            back=get_back(request, otherwise=home),
            has_lost_files=bool(request.FILES),
        )


class _TokenForm(forms.Form):
    token = forms.CharField(
        label="6位数字",
        max_length=14,
        error_messages={"required": "请填写6位数字。"},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "class": "digits"}
        ),
    )

    def add_prefix(self, field_name: str) -> str:
        """Apart from the fields of the act itself."""
        return f"step_up_{field_name}"


def _show(request: HttpRequest, act: _Act, *, sent: SendAnswer | None = None, error: str = "") -> HttpResponse:
    form = _TokenForm({TOKEN: ""}) if error else _TokenForm()
    if error:
        form.errors.clear()
        form.add_error("token", error)
    is_office = request.actor.side == Side.OFFICE
    context = {
        "shell": "shell_office.html" if is_office else "shell_employer.html",
        "is_office": is_office,
        "act": act,
        "form": form,
        "page": _page(),
        "answer": sent,
        "mobile": mobiles.masked_mobile(request.user.mobile),
        "is_demo": settings.DEMO,
    }
    response = render(request, "own_account/step_up.html", context, status=422)
    take_whole_page(request, response)
    return response


def _page() -> Page:
    return Page(purpose=codes.Purpose.STEP_UP, title="确认是您本人", lead="", send_url=SEND)


def _send_code(request: HttpRequest) -> SendAnswer:
    hidden = mobiles.masked_mobile(request.user.mobile)
    try:
        codes.send_mobile_code(
            mobile=request.user.mobile,
            purpose=codes.Purpose.STEP_UP,
            at=timezone.now(),
            asked_by=proofs.get_browser(request),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except codes.CodeNotSent as refusal:
        return SendAnswer(words=str(refusal), wait=refusal.wait_seconds, is_refused=not refusal.wait_seconds)
    return SendAnswer(words=f"验证码已发送至 {hidden}，5分钟内有效。", wait=60, is_refused=False)
