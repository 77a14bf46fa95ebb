"""批改: 增员, the draft that adds people to a policy, and 减员 of people on it who have left."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from huzhu.enrolment import permissions as enrolment_permissions
from huzhu.journeys.add_members import AdditionRefused, add_members
from huzhu.journeys.remove_members import remove_members
from huzhu.policies import endorsements, permissions
from huzhu.policies.models import DepartureReason, Policy
from huzhu.policies.operations import Leaving, RemovalRefused
from huzhu.roster import operations as roster
from huzhu.roster import permissions as roster_permissions
from huzhu.shared import calendar
from huzhu.web.employer.presenters import endorsements as presenter
from huzhu.web.employer.views.wizard_people import read_ids

LONGEST_WORDS = 50


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, policy_id: int) -> HttpResponse:
    """增员: what people would join, until when, for how much, and who came since; a click makes the draft."""
    seen = Policy.objects.visible_to(request.actor).select_related("plan", "plan_version", "employer")
    policy, at = get_object_or_404(seen, pk=policy_id), timezone.now()
    error = ""
    if request.method == "POST":
        try:
            begun = add_members(policy_id=policy.pk, by=request.actor, at=at)
        except AdditionRefused as refusal:
            error = str(refusal)
        except enrolment_permissions.NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        else:
            people = begun.application.member_count
            if begun.is_new and people:
                messages.success(request, f"增员申请已生成，列出签发后新到单位的 {people:,} 人，请核对。")
            elif begun.is_new:
                messages.success(request, "增员申请已生成，请从职工名册加入人员。")
            return redirect("employer:application-edit", begun.application.pk)
    return render(
        request,
        "employer/policies/add.html",
        {
            "policy": policy,
            "offer": presenter.get_addition(policy, by=request.actor, today=calendar.local_date(at)),
            "error": error,
            "may_add": enrolment_permissions.may(request.actor, "enrolment.begin", policy.employer_id),
        },
        status=422 if error else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, policy_id: int) -> HttpResponse:
    """减员: those who have left by the roster are proposed; others are looked for by name. 办理 makes the next version."""
    policy = get_object_or_404(Policy.objects.visible_to(request.actor).select_related("plan"), pk=policy_id)
    at = timezone.now()
    ticked, typed = read_ids(request, "covers"), presenter.read(request.POST)
    words = request.POST.get("words", "").replace("\0", "").strip()[:LONGEST_WORDS]
    problems: dict[int | None, str] = {}
    if request.method == "POST" and request.POST.get("act") == "remove":
        leaving = _get_leaving(ticked, typed, problems)
        if not request.POST.get("knows"):
            problems[None] = "请先勾选“已知悉”，再办理减员。"
        if not problems:
            try:
                version = remove_members(policy_id=policy.pk, leaving=leaving, by=request.actor, at=at)
            except RemovalRefused as refusal:
                problems = refusal.problems
            except (permissions.NotPermitted, roster_permissions.NotPermitted) as refusal:
                raise PermissionDenied(str(refusal)) from refusal
            except roster.RosterBusy as refusal:
                problems[None] = str(refusal)
            else:
                messages.success(request, f"已办理减员 {len(leaving):,} 人，生成第{version.number}版保单；保障不变。")
                return redirect("employer:policy-version", version.pk)
    rows = presenter.get_rows(
        proposed=endorsements.get_left(policy=policy),
        found=endorsements.get_asked(policy=policy, cover_ids=ticked, words=words) if ticked or words else [],
        ticked=set(ticked) if request.method == "POST" else None,
        typed=typed,
        problems=problems,
        today=calendar.local_date(at),
    )
    return render(
        request,
        "employer/policies/remove.html",
        {
            "policy": policy,
            "rows": rows,
            "words": words,
            "error": problems.get(None) or ("有人员填写不完整，请按提示修改。" if problems else ""),
            "reasons": DepartureReason.choices,
            "may_remove": permissions.may(request.actor, "policy.remove_members", policy),
            "is_over": calendar.local_date(at) >= policy.coverage_end,
            "today": calendar.local_date(at),
        },
        status=422 if problems else 200,
    )


def _get_leaving(
    ticked: list[int], typed: dict[int, presenter.Typed], problems: dict[int | None, str]
) -> list[Leaving]:
    """What was typed for the ticked people; days that cannot be read become problems."""
    leaving = []
    for cover_id in dict.fromkeys(ticked):
        each = typed.get(cover_id, presenter.Typed(reason="", left_on=""))
        try:
            left_on = date.fromisoformat(each.left_on)
        except ValueError:
            problems[cover_id] = "请填写离开日期，如 2026-11-24。"
        else:
            leaving.append(Leaving(cover_id=cover_id, reason=each.reason, left_on=left_on))
    return leaving
