"""到账匹配 and 异常缴费: lines that wait for a person; one proposes, another confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import BankTransaction
from huzhu.billing.states import ExceptionKind, TransactionState
from huzhu.journeys.confirm_allocation import confirm_allocation
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Tab
from huzhu.web.history import get_rows
from huzhu.web.office.forms.billing import LineFilter, Proposal, ReasonForm, read_proposal
from huzhu.web.office.presenters import billing as presenter
from huzhu.work import operations as work

Result = TypeVar("Result")
PAGES = {"per_page": 100, "silent": True}
MOST_FOUND = 20
SHOWN = (TransactionState.UNMATCHED, TransactionState.PROPOSED, TransactionState.SET_ASIDE)


@require_safe
def matching(request: HttpRequest) -> HttpResponse:
    """Lines that wait: to be matched, to be confirmed; and those set aside."""
    lines = BankTransaction.objects.visible_to(request.actor).filter(state__in=SHOWN)
    counts = dict(lines.order_by().values_list("state").annotate(count=Count("id")))
    state = request.GET.get("state", TransactionState.UNMATCHED)
    state = state if state in SHOWN else TransactionState.UNMATCHED
    form = LineFilter(request.GET)
    tabs = [
        Tab(label=each.label, url=f"{request.path}?state={each}", current=state == each, count=counts.get(each, 0))
        for each in SHOWN
    ]
    table = _table(request, _filter(lines.filter(state=state), form))
    return render(request, "office/billing/matching.html", {"table": table, "tabs": tabs, "form": form, "state": state})


@require_safe
def payment_exceptions(request: HttpRequest) -> HttpResponse:
    """异常缴费: unmatched lines by what is wrong with them."""
    lines = (
        BankTransaction.objects.visible_to(request.actor)
        .filter(state__in=[TransactionState.UNMATCHED, TransactionState.PROPOSED])
        .exclude(exception_kind="")
    )
    counts = dict(lines.order_by().values_list("exception_kind").annotate(count=Count("id")))
    form = LineFilter(request.GET)
    kind = request.GET.get("kind", "")
    tabs = [
        Tab(label="全部", url=request.path, current=kind not in ExceptionKind.values, count=sum(counts.values())),
        *(
            Tab(label=each.label, url=f"{request.path}?kind={each}", current=kind == each, count=counts[each])
            for each in ExceptionKind
            if counts.get(each)
        ),
    ]
    table = _table(request, _filter(lines, form))
    return render(request, "office/billing/exceptions.html", {"table": table, "tabs": tabs})


@require_safe
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line: what the bank says, what it may mean, and what can be done with it."""
    return render(request, "office/billing/line.html", _describe(request, _get(request, line_id)))


@require_POST
def propose(request: HttpRequest, line_id: int) -> HttpResponse:
    """提出认领: the ticked slips with their amounts."""
    found = _get(request, line_id)
    proposal = read_proposal(request.POST)
    if not proposal.errors:
        try:
            _act(
                lambda: billing.propose_allocation(
                    transaction_id=found.pk,
                    amounts=proposal.amounts,
                    reason=proposal.reason,
                    by=request.actor,
                    at=timezone.now(),
                )
            )
        except billing.AllocationRefused as refusal:
            proposal.errors.append(str(refusal))
        except (TransitionNotAllowed, work.AlreadyClaimed) as refusal:
            messages.warning(request, str(refusal))
            return redirect("office:matching-line", found.pk)
        else:
            messages.success(request, "已提出认领，等待另一位财务人员复核。")
            return redirect("office:matching")
    context = _describe(request, found, proposal=proposal, words=request.POST.get("q", ""))
    return render(request, "office/billing/line.html", context, status=422)


@require_POST
def confirm(request: HttpRequest, line_id: int) -> HttpResponse:
    """复核认领: another person than importer and proposer; slips that are full are settled at once."""
    found = _get(request, line_id)
    try:
        settled = _act(lambda: confirm_allocation(transaction_id=found.pk, by=request.actor, at=timezone.now()))
    except (billing.AllocationRefused, TransitionNotAllowed, work.AlreadyClaimed) as refusal:
        messages.warning(request, str(refusal))
    else:
        told = f"，{len(settled)} 张缴款单已足额缴款、保障已生效" if settled else ""
        messages.success(request, f"认领已复核通过{told}。")
    return redirect("office:matching-line", found.pk)


@require_POST
def decline(request: HttpRequest, line_id: int) -> HttpResponse:
    """退回认领, with a reason."""
    return _with_reason(request, line_id, billing.decline_allocation, "认领已退回，该笔流水重新待认领。")


@require_POST
def set_aside(request: HttpRequest, line_id: int) -> HttpResponse:
    """标记不需核销, with a reason."""
    return _with_reason(request, line_id, billing.set_aside, "已标记为不需核销。")


def _with_reason(request: HttpRequest, line_id: int, act: Callable[..., object], told: str) -> HttpResponse:
    found = _get(request, line_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return render(request, "office/billing/line.html", _describe(request, found, form=form), status=422)
    try:
        _act(
            lambda: act(
                transaction_id=found.pk, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now()
            )
        )
    except (billing.AllocationRefused, TransitionNotAllowed, work.AlreadyClaimed) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, told)
    return redirect("office:matching-line", found.pk)


def _act(act: Callable[[], Result]) -> Result:
    try:
        return act()
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error


def _get(request: HttpRequest, line_id: int) -> BankTransaction:
    found = BankTransaction.objects.visible_to(request.actor).select_related("account", "statement")
    return get_object_or_404(found, pk=line_id)


def _table(request: HttpRequest, lines: QuerySet[BankTransaction]) -> presenter.LineTable:
    """A page of lines with what each may mean: count, sum, page, allocations, candidates (two queries)."""
    table = presenter.LineTable(
        lines.prefetch_related("allocations__slip").order_by("received_on", "id"),
        amount=lines.filter(is_incoming=True, currency="CNY").aggregate(sum=Sum("amount"))["sum"],
    )
    RequestConfig(request, paginate=PAGES).configure(table)
    shown = [row.record for row in table.paginated_rows]
    table.candidates = queries.get_candidates_of(
        transactions=[each for each in shown if each.state == TransactionState.UNMATCHED and each.is_incoming]
    )
    return table


def _filter(lines: QuerySet[BankTransaction], form: LineFilter) -> QuerySet[BankTransaction]:
    form.is_valid()
    asked = form.cleaned_data
    if kind := asked.get("kind"):
        lines = lines.filter(exception_kind=kind)
    if received_from := asked.get("received_from"):
        lines = lines.filter(received_on__gte=received_from)
    if received_to := asked.get("received_to"):
        lines = lines.filter(received_on__lte=received_to)
    if asked.get("amount") is not None:
        lines = lines.filter(amount=abs(asked["amount"]))
    return lines


def _describe(
    request: HttpRequest,
    found: BankTransaction,
    *,
    proposal: Proposal | None = None,
    form: ReasonForm | None = None,
    words: str = "",
) -> dict[str, object]:
    is_waiting = found.state == TransactionState.UNMATCHED and found.is_incoming and found.currency == "CNY"
    by = request.actor
    words = (words or request.GET.get("q", "")).strip()[:60]
    typed = proposal.typed if proposal else {}
    proposals = list(found.proposals.select_related("slip__employer").order_by("-is_open", "-id"))
    open_proposals = [each for each in proposals if each.is_open]
    return {
        "line": found,
        "signed_amount": found.amount if found.is_incoming else -found.amount,
        "choices": _choices(request, found, words, typed) if is_waiting else [],
        "words": words,
        "proposal": proposal,
        "form": form or ReasonForm(),
        "open_proposals": open_proposals,
        "proposed_amount": sum(each.amount for each in open_proposals),
        "rest": found.amount - sum(each.amount for each in open_proposals),
        "earlier_proposals": [each for each in proposals if not each.is_open],
        "allocations": found.allocations.select_related("slip__employer").order_by("id"),
        "history": get_rows(audit.get_history(subject=found)),
        "may_propose": is_waiting and permissions.may(by, "bank_line.propose", found),
        "may_set_aside": permissions.may(by, "bank_line.set_aside", found),
        "shows_confirm": bool(open_proposals) and permissions.may(by, "bank_line.confirm"),
        "may_confirm": permissions.may(by, "bank_line.confirm", found),
        "may_decline": permissions.may(by, "bank_line.decline", found),
    }


def _choices(
    request: HttpRequest, found: BankTransaction, words: str, typed: dict[int, str]
) -> list[dict[str, object]]:
    """Candidates first, then what was searched for; each with the amount it would take and what was ticked before."""
    candidates = queries.get_candidates(transaction=found)
    slips = {each.slip.pk: (each.slip, each.reasons) for each in candidates}
    for slip in queries.search_slips(words=words, by=request.actor)[:MOST_FOUND]:
        slips.setdefault(slip.pk, (slip, ["查找结果"]))
    return [
        {
            "slip": slip,
            "reasons": "、".join(reasons),
            "amount": typed.get(slip.pk, f"{min(slip.open_amount, found.amount):.2f}"),
            "is_ticked": slip.pk in typed,
            "is_open": slip.open_amount > 0 and slip.state in ("open", "expired"),
        }
        for slip, reasons in slips.values()
    ]
