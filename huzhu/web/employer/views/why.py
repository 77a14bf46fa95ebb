"""为什么 for an employer: every rule about one person of its application."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.web import why_pages
from huzhu.web.employer.presenters import mending


@require_safe
def application_why(request: HttpRequest, member_id: int) -> HttpResponse:
    """One person in all plans of an application; whoever fills it in has it checked anew where it is out of date."""
    visible = EnrolmentApplication.objects.visible_to(request.actor)
    members = ApplicationMember.objects.filter(application__in=visible).select_related("application__employer")
    member = get_object_or_404(members, pk=member_id)
    application = member.application
    fills_in = bool(application.is_editable and permissions.may(request.actor, "enrolment.fill_in", application))

    def check_anew() -> None:
        enrolment.run_precheck(application_id=application.pk, by=request.actor, at=timezone.now())
        application.refresh_from_db()
        member.refresh_from_db()

    page = "employer:wizard-members" if fills_in else "employer:application"
    return why_pages.answer(
        request,
        application=application,
        member=member,
        back_url=reverse(page, args=[application.pk]),
        back_label="确认明细" if fills_in else f"参保申请 {application.number}",
        audience="employer",
        mends=mending.get_links(application=application) if fills_in else None,
        check_anew=check_anew if fills_in else None,
    )
