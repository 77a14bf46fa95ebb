"""为什么: one page for both sides; whoever calls it has loaded the application through what is visible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.enrolment.precheck.registry import RuleForgotten
from huzhu.shared.calendar import today
from huzhu.shared.seals import SealBroken
from huzhu.web.presenters import why as presenter


def answer(
    request: HttpRequest,
    *,
    application: EnrolmentApplication,
    member: ApplicationMember,
    back_url: str,
    back_label: str,
    audience: str,
    mends: dict[str, tuple[str, str]] | None = None,
    check_anew: Callable[[], None] | None = None,
) -> HttpResponse:
    """
    This function will show every rule about the person of one row, as it judges now or judged when the application was decided on.

    :param check_anew: by whoever fills the application in: where the findings are not what the rules say now, it is checked again
    """
    shown: dict[str, Any] = {
        "application": application,
        "why": {"person": member},
        "back_url": back_url,
        "back_label": back_label,
        "shell": f"shell_{audience}.html",
    }

    def get_page() -> presenter.Page:
        return presenter.get_page(
            application=application,
            member=member,
            day=today(timezone.now()),
            for_reviewers=audience == "office",
            mends=mends,
        )

    try:
        page = get_page()
        if check_anew and not page.is_as_found:
            check_anew()
            page = get_page()
        shown["why"] = page
    except (RuleForgotten, SealBroken):
        shown["problem"] = "留存的数据已被改动，或所用的规则版本不在系统中。"
    return render(request, "why/page.html", shown)
