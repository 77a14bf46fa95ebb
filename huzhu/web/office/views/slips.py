"""缴款单 as the association's staff see them: which wait, which are late, and asking again for an expired one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import Column, RequestConfig

from huzhu.audit import queries as audit
from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.enrolment import operations as enrolment
from huzhu.journeys.expire_slips import reissue_slip
from huzhu.shared import money
from huzhu.shared.calendar import today
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.tables import CodeColumn, DayColumn, MoneyColumn, StateColumn, Table
from huzhu.web import access
from huzhu.web.employer.forms.slips import SlipFilter
from huzhu.web.history import get_rows
from huzhu.web.presenters import extensions


class SlipTable(Table):
    """The slips of the own subtree; `amount` is the sum of what is filtered."""

    number = CodeColumn(verbose_name="缴款单号")
    employer = Column(verbose_name="参保单位", accessor="employer__name", order_by=("employer__name_initials",))
    state = StateColumn(verbose_name="状态", accessor="get_state_display", order_by=("state", "-pk"))
    amount = MoneyColumn(verbose_name="应缴（元）", total=lambda table: table.amount or 0)
    allocated_amount = MoneyColumn(verbose_name="已核销（元）")
    issued_at = DayColumn(verbose_name="开具日期")
    due_on = DayColumn(verbose_name="缴款期限")
    arrival_on = DayColumn(verbose_name="到账日期")

    unit = "张"
    caption = "缴款单"

    class Meta(Table.Meta):
        order_by = "due_on"
        empty_text = "没有符合条件的缴款单"

    def __init__(self, *args: object, amount: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.amount = amount

    def render_number(self, value: str, record: PaymentSlip) -> SafeString:
        """The number leads to the slip."""
        return format_html('<a href="{}">{}</a>', reverse("office:slip", args=[record.pk]), value)


@require_safe
def slips(request: HttpRequest) -> HttpResponse:
    """The list: three queries of its own, count, sum and page."""
    form = SlipFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    found = PaymentSlip.objects.visible_to(request.actor).select_related("employer")
    if number := asked.get("number", "").strip():
        found = found.filter(Q(number__icontains=number) | Q(application__number__icontains=number))
    if state := asked.get("state"):
        found = found.filter(state=state)
    if due_from := asked.get("due_from"):
        found = found.filter(due_on__gte=due_from)
    if due_to := asked.get("due_to"):
        found = found.filter(due_on__lte=due_to)
    table = SlipTable(found, amount=found.aggregate(sum=Sum("amount"))["sum"])
    RequestConfig(request, paginate={"per_page": 100, "silent": True}).configure(table)
    return render(request, "office/slips/list.html", {"table": table, "form": form})


@require_safe
def slip(request: HttpRequest, slip_id: int) -> HttpResponse:
    """One slip: what is asked, what has come, what was done; for a cashier the way back for an expired one."""
    found = get_object_or_404(
        PaymentSlip.objects.visible_to(request.actor).select_related("employer", "application", "payee_account"),
        pk=slip_id,
    )
    is_expired = found.state == SlipState.EXPIRED and not queries.is_replaced(slip=found)
    return render(
        request,
        "office/slips/detail.html",
        {
            "slip": found,
            "lines": queries.get_slip_lines(slip=found),
            "in_words": money.in_words(found.amount),
            "allocations": found.allocations.select_related("transaction", "reversal").order_by("id"),
            "cancellations": found.cancellations.order_by("-pk"),
            "cancellation_page": "office:slip-request-cancellation" if _may_open_requests(request) else "",
            "extensions": extensions.get_rows(slip=found),
            "extension_page": "office:slip-request-extension" if _may_open_requests(request) else "",
            "history": get_rows(audit.get_history(subject=found)),
            "may_reissue": is_expired and permissions.may(request.actor, "enrolment.reissue", found.application),
            "is_late": found.state == SlipState.OPEN and found.due_on < today(timezone.now()),
        },
    )


def _may_open_requests(request: HttpRequest) -> bool:
    return access.get_table()["office:slip-requests"].admits(request.actor)


@require_POST
def reissue(request: HttpRequest, slip_id: int) -> HttpResponse:
    """A new slip for an expired one, within 90 days."""
    found = get_object_or_404(PaymentSlip.objects.visible_to(request.actor), pk=slip_id)
    try:
        new = reissue_slip(slip_id=found.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    except (billing.NotReissuable, enrolment.PlacesGone, TransitionNotAllowed) as refusal:
        messages.warning(request, str(refusal))
        return redirect("office:slip", found.pk)
    messages.success(request, f"已重新生成缴款单 {new.number}，缴款期限 {new.due_on}，并已短信通知参保单位。")
    return redirect("office:slip", new.pk)
