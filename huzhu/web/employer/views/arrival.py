"""若于某日到账 for an employer: one application or one of its people, or all slips that wait, with those of the subsidiaries."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from huzhu.billing.models import PaymentSlip
from huzhu.billing.queries import get_awaited
from huzhu.billing.states import SlipState
from huzhu.employers import queries as employers
from huzhu.employers.models import Employer
from huzhu.web import arrival_pages
from huzhu.web.employer.views.wizard_frame import load


@require_safe
def application_arrival(request: HttpRequest, application_id: int) -> HttpResponse:
    """One application: everybody, or one person of it (`member` in the address)."""
    record = load(request, application_id)
    slip = PaymentSlip.objects.filter(application=record, state=SlipState.OPEN).order_by("-pk").first()
    asked = arrival_pages.Asked(
        application_ids=[record.pk],
        url=reverse("employer:application-arrival", args=[record.pk]),
        heading=f"参保申请 {record.number}",
        back_url=reverse("employer:application", args=[record.pk]),
        back_label="参保申请",
        due_on=slip.due_on if slip else None,
    )
    return arrival_pages.answer(request, asked, audience="employer")


@require_safe
def slips_arrival(request: HttpRequest) -> HttpResponse:
    """
    All slips of the employer that wait for money; for the head of a group, if asked, those of its subsidiaries with them.

    Of the subsidiaries' people only figures are shown: their lists are their own (rulebook §2.4).
    """
    own = request.actor.employer_id
    subsidiaries = employers.get_group(employer=Employer.objects.visible_to(request.actor).get(pk=own)).subsidiaries
    is_group = bool(subsidiaries) and request.GET.get("scope") == "group"
    ids = [own, *(each.pk for each in subsidiaries)] if is_group else [own]
    url = reverse("employer:slips-arrival")
    scopes = (
        [("本单位", url, not is_group), ("本单位及下属单位", f"{url}?scope=group", is_group)] if subsidiaries else []
    )
    awaited = get_awaited(employer_ids=ids)
    asked = arrival_pages.Asked(
        application_ids=awaited.application_ids,
        url=url,
        heading=f"待缴款的 {awaited.slips} 张缴款单",
        back_url=reverse("employer:slips"),
        back_label="缴款单打印",
        due_on=awaited.earliest_due_on,
        names_people=not is_group,
        kept=(("scope", "group"),) if is_group else (),
        scopes=scopes,
    )
    return arrival_pages.answer(request, asked, audience="employer")
