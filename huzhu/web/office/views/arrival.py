"""若于某日到账 as the association's staff ask it: of an application under review, and of a slip."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from huzhu.billing.models import PaymentSlip
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.web import arrival_pages


@require_safe
def review_arrival(request: HttpRequest, application_id: int) -> HttpResponse:
    """One application that has been submitted: everybody, or one person of it (`member` in the address)."""
    submitted = EnrolmentApplication.objects.visible_to(request.actor).exclude(submission_count=0)
    record = get_object_or_404(submitted.select_related("employer"), pk=application_id)
    stage = "first-review" if record.state == State.FIRST_REVIEW else "second-review"
    asked = arrival_pages.Asked(
        application_ids=[record.pk],
        url=reverse("office:review-arrival", args=[record.pk]),
        heading=f"{record.employer.name} {record.number}",
        back_url=reverse(f"office:{stage}", args=[record.pk]),
        back_label="参保初审" if stage == "first-review" else "参保复审",
    )
    return arrival_pages.answer(request, asked, audience="office")


@require_safe
def slip_arrival(request: HttpRequest, slip_id: int) -> HttpResponse:
    """The people whom a slip is for."""
    slip = get_object_or_404(PaymentSlip.objects.visible_to(request.actor).select_related("employer"), pk=slip_id)
    asked = arrival_pages.Asked(
        application_ids=[slip.application_id],
        url=reverse("office:slip-arrival", args=[slip.pk]),
        heading=f"{slip.employer.name} {slip.number}",
        back_url=reverse("office:slip", args=[slip.pk]),
        back_label="缴款单",
        due_on=slip.due_on if slip.is_open else None,
    )
    return arrival_pages.answer(request, asked, audience="office")
