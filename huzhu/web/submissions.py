"""
One effect per form (ADR 29). Every route is wrapped where routes are collected: a POST that carries the key it was made with is
dealt with once, its answer is kept in the transaction of its effect, and the same form sent again is answered the same.

What had no effect is not kept: a refused form, a search. A POST without a key is an ordinary one; the operations' own locks hold.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from huzhu.shared import seals
from huzhu.shared.actors import Side
from huzhu.submissions import operations as submissions
from huzhu.submissions.operations import Form, OtherBody, StillRunning
from huzhu.ui.form_keys import KEY
from huzhu.web import typed
from huzhu.web.public import proofs

View = Callable[..., HttpResponse]
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the field's name
KEPT_HEADERS = ("Location", "HX-Redirect", "HX-Refresh", "HX-Retarget", "HX-Reswap", "HX-Trigger", "Content-Type")
LONGEST_CONTENT = 256 * 1024
DONE_PAGE = "submissions/done.html"

# Routes where a form may be sent as often as one likes, each with the ground.
AGAIN: dict[str, str] = {
    "public:login": "signing in counts every try, in a transaction of its own",
    "public:login-second": "a code opens once; every try counts",
    "public:login-second-code": "codes have a pause of their own",
    "public:logout": "twice is as good as once",
    "public:demo-sign-in": "twice is as good as once",
    "public:password": "a code opens once; every try counts, in a transaction of its own",
    "public:password-code": "codes have a pause of their own",
    "public:register-code": "codes have a pause of their own",
    "public:progress": "a code opens once; every try counts, in a transaction of its own",
    "public:progress-code": "codes have a pause of their own",
    "public:join-code": "codes have a pause of their own",
    "public:hand-over-code": "codes have a pause of their own",
    "public:verify": "every check counts towards the limit; it changes nothing",
    "public:verify-start": "every check counts towards the limit; it changes nothing",
    "employer:account-code": "codes have a pause of their own",
    "employer:account-password": "every try of the old password counts, in a transaction of its own",
    "office:account-password": "every try of the old password counts, in a transaction of its own",
    "office:account-recovery-codes": "codes are shown once and kept nowhere; the set shown last is the one that opens",
    "employer:roster-reveal": "every look is traced; a full number is kept nowhere",
    "office:change-reveal": "every look is traced; a full number is kept nowhere",
    "office:cover-reveal": "every look is traced; a full number is kept nowhere",
    "office:registration-reveal": "every look is traced; a full number is kept nowhere",
    "employer:roster-export": "every export is traced; a file may be wanted twice",
    "office:audit-export": "every export is traced; a file may be wanted twice",
    "office:sign-ins-export": "every export is traced; a file may be wanted twice",
    "office:row-changes-export": "every export is traced; a file may be wanted twice",
    "office:announcement-export": "every export is traced; a file may be wanted twice",
    "office:transfer-new-many": "each row is a transaction of its own behind the employer; the answer tells which were done before",
    "office:work-approve": "each row is a transaction of its own behind its state; the answer tells which were done before",
    "office:work-claim": "each row is a transaction of its own behind its claim; the answer tells which were done before",
    "office:work-pass-on": "each row is a transaction of its own behind its claim; the answer tells which were done before",
}


def once(view: View) -> View:
    """
    Wrap a view so that a form with a key has one effect, however often and however fast it is sent.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = read_form(request)
        if form is None:
            return view(request, *args, **kwargs)
        try:
            return _deal_with(request, form, lambda: view(request, *args, **kwargs))
        except StillRunning:
            return _show_running(request)
        except OtherBody as other:
            return _show_other(request, other)

    return answer


def read_form(request: HttpRequest) -> Form | None:
    """
    The form of a request that is to have one effect; None for all others.
    """
    match = request.resolver_match
    if request.method != "POST" or match is None or match.view_name in AGAIN:
        return None
    if match.namespace == "public" and {"mobile", "code"} <= set(request.POST):
        return None  # proves a mobile: the code opens once, and every try counts in a transaction of its own
    try:
        key = uuid.UUID(request.POST.get(KEY, ""))
    except ValueError:
        return None
    action = f"{match.view_name} {sha256(request.get_full_path().encode()).hexdigest()}"
    is_part = request.headers.get("HX-Request") == "true"
    return Form(key=key, action=f"{action} {'part' if is_part else 'page'}", actor=_actor(request), body=_body(request))


def find_answer(request: HttpRequest) -> HttpResponse | None:
    """
    The answer this request's form was given before, for who has to know ahead of the view; None if it is a new one.
    """
    form = read_form(request)
    try:
        known = submissions.get_answer(form) if form else None
    except OtherBody:
        return None  # the view's own turn says so
    return None if known is None else _repeat(request, known)


def _deal_with(request: HttpRequest, form: Form, act: Callable[[], HttpResponse]) -> HttpResponse:
    """One at a time: the answer known by now, or the view's, kept if it had an effect. All of it is one transaction."""
    try:
        with transaction.atomic():
            submissions.lock(form)
            if (known := submissions.get_answer(form)) is not None:
                return _repeat(request, known)
            response = act()
            if callable(getattr(response, "render", None)):
                response = response.render()  # type: ignore[attr-defined]
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif response.status_code < 400 and submissions.has_written():
                submissions.keep(form, answer=_note(request, response), status=response.status_code, at=timezone.now())
            return response
    except IntegrityError as error:
        if "submission_once" not in str(error):
            raise
        raise StillRunning from error  # the second wall: the row was there although the lock was free


def _actor(request: HttpRequest) -> str:
    """Whose key it is: the account with the employer in front or in whose stead; for strangers the browser, unreadably."""
    actor = getattr(request, "actor", None)
    if actor is not None:
        return f"{actor.side}/{actor.user_id}/{actor.employer_id or ''}/{bool(actor.for_person)}"
    if request.user.is_authenticated:
        return f"account/{request.user.pk}"
    return f"browser/{seals.fingerprint(proofs.get_browser(request), purpose='submission')}"


def _body(request: HttpRequest) -> uuid.UUID:
    """The keyed fingerprint of all fields and files; a file is read piece by piece and left as it was."""
    whole = sha256()
    for name, value in typed.get_typed(request, without={TOKEN, KEY}):
        whole.update(sha256(name.encode()).digest() + sha256(value.encode()).digest())
    for name, files in request.FILES.lists():
        for file in files:
            content = sha256()
            for piece in file.chunks():
                content.update(piece)
            file.seek(0)
            parts = (name.encode(), (file.name or "").encode())
            whole.update(b"".join(sha256(part).digest() for part in parts) + content.digest())
    return seals.fingerprint(whole.hexdigest(), purpose="submission")


def _note(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """What is kept of an answer: where it leads, what is said there, and a page or fragment unless it is a file or too long."""
    # The messages of this answer; reading them the public way would take them from it.
    queued = getattr(getattr(request, "_messages", None), "_queued_messages", ())
    is_kept = not response.streaming and "Content-Disposition" not in response
    content = (
        response.content.decode(response.charset) if is_kept and len(response.content) <= LONGEST_CONTENT else None
    )
    return {
        "status": response.status_code,
        "headers": {name: response[name] for name in KEPT_HEADERS if name in response},
        "messages": [[m.level, str(m.message), m.extra_tags, isinstance(m.message, SafeString)] for m in queued],
        "content": content,
    }


def _repeat(request: HttpRequest, known: dict[str, Any]) -> HttpResponse:
    for level, words, tags, is_safe in known["messages"]:
        words = mark_safe(words) if is_safe else words  # noqa: S308 - as the view made it
        messages.add_message(request, level, words, extra_tags=tags)
    if known["content"] is None:
        return _show(request, DONE_PAGE, status=200)
    if 300 <= known["status"] < 400:
        return HttpResponseRedirect(known["headers"]["Location"], status=known["status"])
    return HttpResponse(known["content"], status=known["status"], headers=known["headers"])


def _show_running(request: HttpRequest) -> HttpResponse:
    words = "同一份文件正在处理，请稍候刷新页面查看结果，不要重复上传。"
    return _show(request, "submissions/running.html", status=409, words=words)


def _show_other(request: HttpRequest, other: OtherBody) -> HttpResponse:
    headers = other.answer["headers"]
    earlier = {"at": other.at, "said": [words for _, words, _, is_safe in other.answer["messages"] if not is_safe]}
    words = "这张表单已经上传过另一份文件。请刷新页面查看结果，需要更换的再重新选择文件。"
    result = headers.get("Location") or headers.get("HX-Redirect") or ""
    return _show(request, "submissions/other.html", status=422, words=words, result=result, earlier=earlier)


def _show(
    request: HttpRequest, template: str, *, status: int, words: str = "", result: str = "", earlier: Any = None
) -> HttpResponse:
    """A whole page that carries everything typed; for a file sent in the background its words alone, shown beside the file."""
    if words and request.FILES and request.headers.get("HX-Request") == "true":
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    actor = getattr(request, "actor", None)
    side = "public" if actor is None else ("office" if actor.side == Side.OFFICE else "employer")
    context = {
        "shell": f"shell_{side}.html",
        "typed": typed.get_typed(request, without={TOKEN, KEY}),
        "key": request.POST.get(KEY, ""),
        "action": request.get_full_path(),
        "back": typed.get_back(request, otherwise="/"),
        "result": result,
        "earlier": earlier,
        "has_files": bool(request.FILES),
    }
    response = render(request, template, context, status=status)
    typed.take_whole_page(request, response)
    return response
