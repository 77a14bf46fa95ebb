"""单位信息管理: the employer's facts, the people of its account, its group, and which employer is in front."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.audit import queries as audit
from huzhu.employers import operations as employers
from huzhu.employers import permissions, queries
from huzhu.employers.models import GroupLink, JoinRequest, Membership
from huzhu.employers.states import LinkState
from huzhu.shared.actors import Actor
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import menus
from huzhu.web import history
from huzhu.web.actors import CURRENT_EMPLOYER
from huzhu.web.employer.forms.account import LinkForm, RolesForm

REFUSALS = (permissions.NotPermitted, TransitionNotAllowed, employers.JoinRefused, employers.LinkRefused)
LINK_ACTS = {
    "confirm": (employers.confirm_link, "已确认上下级关系。"),
    "refuse": (employers.refuse_link, "已拒绝关联申请。"),
    "end": (employers.end_link, "已解除，历史记录保留。"),
}


def decide_join(request: HttpRequest, join_request_id: int) -> HttpResponse:
    """Let somebody in with the ticked roles, or turn them away with a reason."""
    asked = get_object_or_404(JoinRequest.objects.visible_to(request.actor), pk=join_request_id)
    if "refuse" in request.POST:
        return _act(
            request,
            lambda: employers.refuse_join(
                join_request_id=asked.pk, reason=request.POST.get("reason", ""), by=request.actor, at=timezone.now()
            ),
            done=f"已拒绝{asked.name}的加入申请，并短信告知。",
            then="employer:members",
        )
    roles = request.POST.getlist(f"join-{asked.pk}-roles")
    return _act(
        request,
        lambda: employers.accept_join(join_request_id=asked.pk, roles=roles, by=request.actor, at=timezone.now()),
        done=f"{asked.name}已加入单位账号，并短信告知。",
        then="employer:members",
    )


def member(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Other roles for a member, or the end of the membership."""
    found = get_object_or_404(
        Membership.objects.visible_to(request.actor).live().select_related("user"), pk=membership_id
    )
    if request.method == "POST":
        if "end" in request.POST:
            act = employers.end_membership
            return _act(
                request,
                lambda: act(membership_id=found.pk, by=request.actor, at=timezone.now()),
                done=f"{found.user.name}已移出单位账号。",
                then="employer:members",
            )
        roles = request.POST.getlist("roles")
        return _act(
            request,
            lambda: employers.change_roles(membership_id=found.pk, roles=roles, by=request.actor, at=timezone.now()),
            done=f"{found.user.name}的角色已更新，下次登录起按新角色办理。",
            then="employer:members",
        )
    context = {
        "membership": found,
        "form": RolesForm(initial={"roles": found.roles}),
        "history": history.get_rows(audit.get_history(subject=found)),
    }
    return render(request, "employer/account/member.html", context)


def group_links(request: HttpRequest) -> HttpResponse:
    """The links up and down with their history, and asking for another."""
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            link = employers.request_link(
                credit_code=form.cleaned_data["credit_code"],
                as_head=form.cleaned_data["direction"] == "down",
                by=request.actor,
                at=timezone.now(),
            )
        except (employers.LinkRefused, permissions.NotPermitted) as refusal:
            form.add_error(None, str(refusal))
        else:
            other = link.subsidiary if link.requested_by_head else link.head
            messages.success(request, f"已向{other.name}提出关联申请，对方登录确认后生效。")
            return redirect("employer:group-links")
    rows = [_link_row(link, by=request.actor) for link in queries.get_links(employer=request.employer)]
    context = {
        "form": form,
        "open_rows": [row for row in rows if row["is_open"]],
        "past_rows": [row for row in rows if not row["is_open"]],
        "may_manage": permissions.may(request.actor, "group_link.ask"),
    }
    return render(request, "employer/account/group_links.html", context, status=422 if form.errors else 200)


def answer_link(request: HttpRequest, link_id: int, *, act: str) -> HttpResponse:
    """Confirm, refuse or end one link."""
    link = get_object_or_404(GroupLink.objects.visible_to(request.actor), pk=link_id)
    operation, done = LINK_ACTS[act]
    return _act(
        request,
        lambda: operation(link_id=link.pk, by=request.actor, at=timezone.now()),
        done=done,
        then="employer:group-links",
    )


def switch(request: HttpRequest) -> HttpResponse:
    """Put another of one's employers in front."""
    wanted = request.POST.get("employer", "")
    own = {str(each.employer_id): each.employer for each in request.memberships}
    if wanted not in own:
        raise Http404
    request.session[CURRENT_EMPLOYER] = own[wanted].pk
    messages.info(request, f"已切换到{own[wanted].name}。")
    return redirect("employer:home")


@menus.counts_for("employer")
def count_waiting(request: HttpRequest) -> dict[str, int]:
    """How many links wait for an answer."""
    return {"group_links": queries.count_links_to_answer(employer_id=request.actor.employer_id)}


def _act(request: HttpRequest, act: Callable[[], object], *, done: str, then: str) -> HttpResponse:
    try:
        act()
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(then)


def _link_row(link: GroupLink, *, by: Actor) -> dict[str, object]:
    is_head = link.head_id == by.employer_id
    asked_us = link.requested_by_head != is_head
    waits = link.state == LinkState.REQUESTED
    return {
        "link": link,
        "other": link.subsidiary if is_head else link.head,
        "relation": "下属单位" if is_head else "集团总公司",
        "asked_by": "对方" if asked_us else "本单位",
        "may_answer": permissions.may(by, "group_link.confirm", link),
        "may_end": permissions.may(by, "group_link.end", link),
        "end_label": "撤回申请" if waits else "解除关联",
        "dialog": f"end-{link.pk}",
        "is_open": link.state in (LinkState.REQUESTED, LinkState.CONFIRMED),
        "until": link.ended_at or link.decided_at,
    }
