"""为什么 for the association's staff: every rule about one person of an application that was submitted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.web import why_pages
from huzhu.web.office.views.reviews import PAGES, TITLES, stage_of


@require_safe
def review_why(request: HttpRequest, member_id: int) -> HttpResponse:
    """One person in all plans, with what only reviewers see."""
    visible = EnrolmentApplication.objects.visible_to(request.actor).exclude(submission_count=0)
    members = ApplicationMember.objects.filter(application__in=visible).select_related("application")
    member = get_object_or_404(members, pk=member_id)
    stage = stage_of(member.application, request.actor)
    return why_pages.answer(
        request,
        application=member.application,
        member=member,
        back_url=f"{reverse(PAGES[stage], args=[member.application_id])}?tab=people",
        back_label=TITLES[stage],
        audience="office",
    )
