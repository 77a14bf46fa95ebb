"""出资单位: what each sponsor is asked for, by campaign and by application."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_tables2 import Column, RequestConfig

from huzhu.enrolment import queries
from huzhu.enrolment.states import State
from huzhu.gifts.models import Sponsor
from huzhu.ui.tables import CodeColumn, CountColumn, MoneyColumn, Table


class AskedTable(Table):
    """The applications one sponsor is asked for."""

    number = CodeColumn(verbose_name="申请编号", accessor="application__number", orderable=False)
    employer = Column(verbose_name="参保单位", accessor="application__employer__name", orderable=False)
    campaign = Column(verbose_name="活动", accessor="campaign__name", orderable=False)
    state = Column(verbose_name="申请状态", accessor="application__state", orderable=False)
    people = CountColumn(verbose_name="人数", orderable=False)
    amount = MoneyColumn(verbose_name="应收（元）", total=lambda table: table.amount, orderable=False)

    unit = "条"
    caption = "按参保申请"

    class Meta(Table.Meta):
        empty_text = "没有应收补贴"

    def __init__(self, *args: object, amount: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.amount = amount

    def render_state(self, value: str) -> str:
        """The state in words."""
        return str(State(value).label)


@require_safe
def sponsors(request: HttpRequest) -> HttpResponse:
    """Every sponsor with what it is asked for. One query of its own."""
    rows = queries.get_receivables(actor=request.actor)
    return render(
        request,
        "office/gifts/sponsors.html",
        {
            "rows": rows,
            "effective": sum(row.effective for row in rows),
            "awaiting": sum(row.awaiting for row in rows),
            "amount": sum(row.amount for row in rows),
        },
    )


@require_safe
def sponsor(request: HttpRequest, sponsor_id: int) -> HttpResponse:
    """One sponsor: by campaign, by application. Four queries of its own: sponsor, campaigns, count and page."""
    found = get_object_or_404(Sponsor, pk=sponsor_id)
    campaigns = queries.get_by_campaign(actor=request.actor, sponsor_name=found.name)
    amount = sum(row.amount for row in campaigns)
    table = AskedTable(queries.get_by_application(actor=request.actor, sponsor_name=found.name), amount=amount)
    RequestConfig(request, paginate={"per_page": 100, "silent": True}).configure(table)
    context = {"sponsor": found, "campaigns": campaigns, "amount": amount, "table": table}
    return render(request, "office/gifts/sponsor.html", context)
