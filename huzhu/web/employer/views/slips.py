"""缴款单打印: 查询, 缴款单预览, 汇款填写示例, 申请撤单."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.billing import operations as billing
from huzhu.billing import papers, permissions, queries
from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.enrolment.permissions import NotPermitted as NotPermittedToWithdraw
from huzhu.journeys.cancel_slip import cancel_or_ask
from huzhu.shared import calendar, money
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.employer.forms.slips import CancelForm, SlipFilter
from huzhu.web.employer.presenters import slips as presenter
from huzhu.web.history import get_rows
from huzhu.web.papers import answer_pdf
from huzhu.web.presenters import extensions as extensions_presenter

PAGES = {"per_page": 100, "silent": True}
CANCEL_LOST = (
    "没有款项到账的，缴款单立即作废，请勿再按此单汇款；已有款项到账的，转互助会财务办理。重新提交的申请须再次审核。"
)


@require_safe
def slips(request: HttpRequest) -> HttpResponse:
    """The list. Four queries of its own: count, sum, page, last safe arrivals."""
    form = SlipFilter(request.GET)
    found = _filter(_get_slips(request), form).select_related("application")
    table = presenter.SlipTable(
        found.order_by("-id"),
        latest={},
        amount=found.aggregate(sum=Sum("amount"))["sum"],
    )
    RequestConfig(request, paginate=PAGES).configure(table)
    table.latest = queries.get_latest_safe_arrivals(slips=[row.record for row in table.paginated_rows])
    is_filtered = any(request.GET.get(name) for name in form.fields)
    has_open = any(row.record.is_open for row in table.paginated_rows)
    shown = {"table": table, "form": form, "is_filtered": is_filtered, "has_open": has_open}
    return render(request, "employer/slips/list.html", shown)


@require_safe
def slip(request: HttpRequest, slip_id: int) -> HttpResponse:
    """One slip: what to transfer, where to, until when, what has come, and what was done."""
    found = _get(request, slip_id)
    return render(request, "employer/slips/detail.html", _describe(request, found, CancelForm()))


@require_safe
def slip_pdf(request: HttpRequest, slip_id: int) -> HttpResponse:
    """缴款单 as a PDF."""
    found = _get(request, slip_id)
    return answer_pdf(request, content=papers.make_slip_pdf(slip=found), name=f"缴款单{found.number}")


@require_safe
def remittance(request: HttpRequest, slip_id: int) -> HttpResponse:
    """汇款填写示例 as a page."""
    found = _get(request, slip_id)
    return render(request, "employer/slips/remittance.html", {"slip": found, "in_words": money.in_words(found.amount)})


@require_safe
def remittance_pdf(request: HttpRequest, slip_id: int) -> HttpResponse:
    """汇款填写示例 as a PDF."""
    found = _get(request, slip_id)
    return answer_pdf(request, content=papers.make_remittance_pdf(slip=found), name=f"汇款填写示例{found.number}")


@require_POST
def cancel(request: HttpRequest, slip_id: int) -> HttpResponse:
    """申请撤单, with the two choices of what becomes of the application."""
    found = _get(request, slip_id)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return render(request, "employer/slips/detail.html", _describe(request, found, form), status=422)
    to_draft = form.cleaned_data["outcome"] == CancelForm.TO_DRAFT
    try:
        asked = cancel_or_ask(
            slip_id=found.pk,
            to_draft=to_draft,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            at=timezone.now(),
        )
    except (permissions.NotPermitted, NotPermittedToWithdraw) as error:
        raise PermissionDenied(str(error)) from error
    except (billing.RequestRefused, TransitionNotAllowed) as refusal:
        messages.warning(request, str(refusal))
    else:
        if asked:
            messages.success(
                request, "已有款项到账，撤单申请已转互助会财务办理，结果会短信通知；办理期间此单不会失效。"
            )
            return redirect("employer:slip", found.pk)
        rest = "参保申请已退回草稿，可修改后重新提交。" if to_draft else "本次参保申请已撤销。"
        messages.success(request, f"缴款单 {found.number} 已撤单，请勿再按此单汇款。{rest}")
    return redirect("employer:slip", found.pk)


def _get_slips(request: HttpRequest) -> QuerySet[PaymentSlip]:
    return PaymentSlip.objects.visible_to(request.actor)


def _get(request: HttpRequest, slip_id: int) -> PaymentSlip:
    found = _get_slips(request).select_related("employer", "application", "payee_account")
    return get_object_or_404(found, pk=slip_id)


def _filter(found: QuerySet[PaymentSlip], form: SlipFilter) -> QuerySet[PaymentSlip]:
    """What is typed wrongly is told at its field and filters nothing."""
    form.is_valid()
    asked = form.cleaned_data
    if number := asked.get("number", "").strip():
        found = found.filter(Q(number__icontains=number) | Q(application__number__icontains=number))
    if state := asked.get("state"):
        found = found.filter(state=state)
    if due_from := asked.get("due_from"):
        found = found.filter(due_on__gte=due_from)
    if due_to := asked.get("due_to"):
        found = found.filter(due_on__lte=due_to)
    return found


def _describe(request: HttpRequest, found: PaymentSlip, form: CancelForm) -> dict[str, object]:
    lines = queries.get_slip_lines(slip=found)
    latest = queries.get_latest_safe_arrivals(slips=[found]).get(found.pk)
    extensions = extensions_presenter.get_rows(slip=found)
    open_extension = next((row.extension for row in extensions if row.extension.is_waiting), None)
    cancellations = list(found.cancellations.order_by("-pk"))
    open_cancellation = next((each for each in cancellations if each.is_waiting), None)
    may_ask = found.is_open and open_extension is None
    return {
        "slip": found,
        "lines": lines,
        "latest": latest,
        "in_words": money.in_words(found.amount),
        "steps": presenter.get_steps(found),
        "next": presenter.get_next(
            found, latest=latest, today=calendar.today(timezone.now()), asked=open_cancellation or open_extension
        ),
        "cancellations": cancellations,
        "open_cancellation": open_cancellation,
        "may_withdraw_cancellation": open_cancellation
        and permissions.may(request.actor, "slip_cancellation.withdraw", open_cancellation),
        "has_arrived": found.is_open and billing.has_arrived(found),
        "extensions": extensions,
        "open_extension": open_extension,
        "may_extend": may_ask and permissions.may(request.actor, "payment_extension.ask", found),
        "may_withdraw": open_extension and permissions.may(request.actor, "payment_extension.withdraw", open_extension),
        "allocations": found.allocations.select_related("transaction", "reversal").order_by("id"),
        "history": get_rows(audit.get_history(subject=found), for_employer=True),
        "form": form,
        "cancel_lost": CANCEL_LOST,
        "is_payable": found.state in (SlipState.OPEN, SlipState.PAID),
        "may_cancel": open_cancellation is None and permissions.may(request.actor, "slip.cancel", found),
    }
