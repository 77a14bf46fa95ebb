"""工作台: claiming, handing back, passing on, approving in bulk; copies; deputies and acting as one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.audit import operations as audit
from huzhu.journeys import decide_in_bulk
from huzhu.journeys.decide_in_bulk import Chosen
from huzhu.shared.calendar import today
from huzhu.shared.trace import Refused
from huzhu.web.actors import STANDING_IN
from huzhu.web.office.forms.work import CopyForm, DeputyForm, PassOnForm, read_rows
from huzhu.web.office.presenters import work as presenter
from huzhu.work import operations as work
from huzhu.work import queries
from huzhu.work.kinds import UnknownKind, get_kind, get_kinds

NOT_DONE = (Refused, work.AlreadyClaimed, work.NotWaiting, work.NotClaimed, UnknownKind)
NOTHING = "请先勾选要办理的事项。"


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """认领 or 退还 the ticked rows, or the one row whose button was pressed."""
    is_back = request.POST.get("act") == "hand_back"
    act = work.hand_back if is_back else work.claim
    now = timezone.now()
    return _each(
        request,
        lambda row: act(kind=row.kind, record_id=row.record_id, by=request.actor, at=now),
        done="已退还 {} 件，其他人可以认领。" if is_back else "已认领 {} 件，由您办理。",
    )


@require_POST
def pass_on(request: HttpRequest) -> HttpResponse:
    """转交 the ticked rows to a colleague."""
    roles = {role for kind in get_kinds(request.actor) for role in kind.roles}
    form = PassOnForm(request.POST, colleagues=queries.get_colleagues(actor=request.actor, roles=roles))
    if not form.is_valid():
        messages.warning(request, " ".join(words for errors in form.errors.values() for words in errors))
        return _back(request)
    now, to_id, note = timezone.now(), int(form.cleaned_data["to"]), form.cleaned_data["note"]
    return _each(
        request,
        lambda row: work.pass_on(
            kind=row.kind, record_id=row.record_id, to_id=to_id, note=note, by=request.actor, at=now
        ),
        done="已转交 {} 件。",
    )


@require_POST
def approve(request: HttpRequest) -> HttpResponse:
    """批量通过, with a result per row."""
    rows = read_rows(request.POST.getlist("row"))
    if not rows:
        messages.warning(request, NOTHING)
        return _back(request)
    try:
        outcomes = decide_in_bulk.approve_in_bulk(rows=rows, by=request.actor, at=timezone.now())
    except decide_in_bulk.TooMany as refusal:
        messages.warning(request, str(refusal))
        return _back(request)
    context = {
        "results": presenter.get_results(outcomes, actor=request.actor),
        "done": sum(each.is_done for each in outcomes),
        "refused": sum(not each.is_done for each in outcomes),
    }
    return render(request, "office/work/result.html", context)


@require_POST
def open_copy(request: HttpRequest, copy_id: int) -> HttpResponse:
    """Open what was shown to me, which marks it as read."""
    copy = get_object_or_404(queries.get_own_copies(actor=request.actor), pk=copy_id)
    work.read_copies(copy_ids=[copy.pk], by=request.actor, at=timezone.now())
    url = presenter.get_open_url(get_kind(copy.kind), copy.subject_id, actor=request.actor)
    return redirect(url or "office:work-copies")


def send_copies(request: HttpRequest, kind: str, record_id: int) -> HttpResponse:
    """抄送 a record: to whom, with what note."""
    try:
        known = get_kind(kind)
    except UnknownKind as error:
        raise Http404 from error
    record = get_object_or_404(queries.get_visible(known, actor=request.actor), pk=record_id)
    url = presenter.get_open_url(known, record_id, actor=request.actor) or reverse("office:home")
    form = CopyForm(request.POST or None, colleagues=queries.get_colleagues(actor=request.actor))
    if request.method == "POST" and form.is_valid():
        try:
            sent = work.send_copies(
                kind=kind,
                record_id=record_id,
                to_ids=[int(to) for to in form.cleaned_data["to"]],
                note=form.cleaned_data["note"],
                by=request.actor,
                at=timezone.now(),
            )
        except (work.CopyRefused, Refused) as refusal:
            form.add_error("to", str(refusal))
        else:
            messages.success(request, f"已抄送给{'、'.join(copy.to_name for copy in sent)}。")
            return redirect(url)
    number, title = queries.get_words(known, record)
    context = {"form": form, "url": url, "number": number, "title": title, "state": record.get_state_display()}
    return render(request, "office/work/copy.html", context, status=422 if form.errors else 200)


def deputies(request: HttpRequest) -> HttpResponse:
    """代理设置: those I have to do with, and a new one."""
    actor, now = request.actor, timezone.now()
    is_admin = StaffRole.SYSTEM_ADMIN in actor.roles
    own = list(StaffPost.objects.visible_to(actor).select_related("user", "branch").filter(user_id=actor.user_id))
    colleagues = queries.get_colleagues(actor=actor)
    form = DeputyForm(
        request.POST or None,
        principals=colleagues if is_admin else own,
        colleagues=colleagues,
        initial={"first_on": today(now), "last_on": today(now)},
    )
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            made = work.appoint_deputy(
                principal_id=int(asked["principal"]),
                deputy_id=int(asked["deputy"]),
                first_on=asked["first_on"],
                last_on=asked["last_on"],
                reason=asked["reason"],
                by=actor,
                at=now,
            )
        except work.DeputyRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"已设置：{made.first_on:%Y-%m-%d} 至 {made.last_on:%Y-%m-%d} 由{made.deputy.name}代理。"
            )
            return redirect("office:deputies")
    context = {
        "form": form,
        "deputies": queries.get_deputies(actor=actor, day=today(now)),
        "today": today(now),
        "may_appoint": not actor.stands_in_for,
    }
    return render(request, "office/work/deputies.html", context, status=422 if form.errors else 200)


@require_POST
def end_deputy(request: HttpRequest, deputy_id: int) -> HttpResponse:
    """结束代理."""
    found = get_object_or_404(queries.get_deputies(actor=request.actor, day=today(timezone.now())), pk=deputy_id)
    try:
        work.end_deputy(deputy_id=found.pk, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"已结束{found.deputy.name}对{found.principal.name}的代理。")
    return redirect("office:deputies")


@require_POST
def stand_in(request: HttpRequest) -> HttpResponse:
    """Begin to act as somebody's deputy, or go back to the own work; the session keeps which, the trace keeps when."""
    own, now = queries.get_staff_actor(user_id=request.user.pk), timezone.now()
    wanted = request.POST.get("deputy", "")
    deputy = None
    if own and wanted.isascii() and wanted.isdecimal():
        deputy = queries.get_standing_deputy(deputy_id=int(wanted[:18]), user_id=request.user.pk, day=today(now))
    actor = queries.get_actor_for(own, deputy=deputy) if own and deputy else None
    if actor is None or deputy is None:
        former = request.session.pop(STANDING_IN, None)
        if former:
            audit.record("work.stand_down", subject=request.user, by=request.actor, at=now, label="退出代理")
        (messages.warning if wanted else messages.info)(
            request, "代理已结束或不在代理期内。" if wanted else "已退出代理，现在办理您自己的工作。"
        )
        return redirect("office:home")
    request.session[STANDING_IN] = deputy.pk
    audit.record("work.stand_in", subject=deputy, by=actor, at=now, label=f"开始代理{deputy.principal.name}")
    return redirect("office:home")


def _each(request: HttpRequest, act: Callable[[Chosen], object], *, done: str) -> HttpResponse:
    """Take each named row, one transaction each, and tell how many went and why the others did not."""
    only = request.POST.get("only")
    rows = read_rows([only] if only else request.POST.getlist("row"))[: decide_in_bulk.MOST]
    if not rows:
        messages.warning(request, NOTHING)
        return _back(request)
    reasons: list[str] = []
    for row in rows:
        try:
            act(row)
        except NOT_DONE as refusal:
            reasons.append(str(refusal))
    if count := len(rows) - len(reasons):
        messages.success(request, done.format(count))
    for words in dict.fromkeys(reasons):
        messages.warning(request, f"{reasons.count(words)} 件未办理：{words}")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on."""
    place = request.POST.get("back", "")
    if place.startswith("/office/") and url_has_allowed_host_and_scheme(place, allowed_hosts=None):
        return redirect(place)
    return redirect("office:home")
