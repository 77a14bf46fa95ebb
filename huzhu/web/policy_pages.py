"""The people on a policy as both audiences' pages show them: a page of them, or those whose name was posted."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.cover.models import Cover
from huzhu.policies import operations, permissions, queries, versions
from huzhu.policies.models import Policy, PolicyVersion
from huzhu.shared import calendar
from huzhu.web import policy_papers, reveals
from huzhu.web.presenters import policies as presenter

LONGEST_WORDS = 50


def get_people(request: HttpRequest, policy: Policy, *, today: date) -> dict[str, object]:
    """
    This function will give the context of the list of people: rows, keys of the neighbouring pages, and the words looked for.

    Names are posted and stand in no address; with words the keys are posted with them.
    """
    asked = request.POST if request.method == "POST" else request.GET
    words = request.POST.get("words", "").replace("\0", "").strip()[:LONGEST_WORDS]
    page = queries.get_members(
        policy=policy, by=request.actor, words=words, after=_key(asked.get("after")), before=_key(asked.get("before"))
    )
    return {
        "members": presenter.get_members(page.rows, today=today),
        "page": page,
        "words": words,
        "reveal_page": f"{request.actor.side}:policy-reveal"
        if permissions.may(request.actor, "policy.reveal", policy)
        else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, cover_id: int) -> HttpResponse:
    """The full number of one of the people, on request and on record."""
    covers = Cover.objects.visible_to(request.actor).filter(policy_id__isnull=False)
    found = get_object_or_404(covers, pk=cover_id)
    back = reverse(f"{request.actor.side}:policy", args=[found.policy_id])
    return reveals.answer(
        request,
        reveals.Hidden(what="证件号码", masked=found.number_masked, back=back),
        lambda why, at: operations.reveal_number(cover_id=found.pk, why=why, by=request.actor, at=at),
    )


@require_safe
def version(request: HttpRequest, policy_version_id: int) -> HttpResponse:
    """One version of a policy: its figures, and whom it changed."""
    policy, found = _get_version(request, policy_version_id)
    side = request.actor.side
    page = versions.get_changed_page(version=found, after=_key(request.GET.get("after")) or 0)
    members = presenter.get_members([each.cover for each in page.rows], today=calendar.today(timezone.now()))
    rows = presenter.get_version_rows(versions.get_versions(policy=policy), audience=side)
    return render(
        request,
        "policies/version.html",
        {
            "shell": f"shell_{side}.html",
            "policy": policy,
            "version": found,
            "rows": rows,
            "shown": next(row for row in rows if row.version.pk == found.pk),
            "changed": zip(page.rows, members, strict=True),
            "next_after": page.next_after,
            "policy_url": reverse(f"{side}:policy", args=[policy.pk]),
        },
    )


@require_safe
def version_pdf(request: HttpRequest, policy_version_id: int) -> HttpResponse:
    """下载电子保单 of one version."""
    return policy_papers.answer_policy(request, *_get_version(request, policy_version_id))


def _get_version(request: HttpRequest, policy_version_id: int) -> tuple[Policy, PolicyVersion]:
    seen = PolicyVersion.objects.visible_to(request.actor).select_related(
        "application", "policy__employer", "policy__application", "policy__plan", "policy__plan_version"
    )
    found = get_object_or_404(seen, pk=policy_version_id)
    return found.policy, found


def _key(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
