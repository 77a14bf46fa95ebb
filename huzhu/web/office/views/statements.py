"""银行流水 and 日清: files in, their lines with what became of each, and the day's proof."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import BankStatement, BankTransaction, SocietyAccount
from huzhu.billing.states import TransactionState
from huzhu.journeys.import_statement import ImportReport, begin_import
from huzhu.shared import calendar, uploads
from huzhu.ui.parts import Tab
from huzhu.web.office.forms.billing import DayForm, StatementForm
from huzhu.web.office.presenters import billing as presenter

PAGES = {"per_page": 100, "silent": True}
WAITING = [TransactionState.UNMATCHED, TransactionState.PROPOSED]


@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    """The imported files, newest first, and the form to import one."""
    return render(request, "office/billing/statements.html", _list(request, StatementForm()))


@require_POST
def statement_import(request: HttpRequest) -> HttpResponse:
    """One file in: lines, matching, settlement. A refusal says which line is wrong and keeps nothing."""
    form = StatementForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "office/billing/statements.html", _list(request, form), status=422)
    file = form.cleaned_data["file"]
    try:
        imported, report = begin_import(
            account_number=form.cleaned_data["account"].number,
            content=file.read(),
            file_name=file.name,
            by=request.actor,
            at=timezone.now(),
        )
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    except (uploads.UploadRefused, billing.AccountUnknown) as refusal:
        form.add_error("file", str(refusal))
        return render(request, "office/billing/statements.html", _list(request, form), status=422)
    if report:
        _tell(request, report)
    return redirect("office:statement", imported.pk)


@require_safe
def statement(request: HttpRequest, statement_id: int) -> HttpResponse:
    """One file: its lines and how each was matched. Six queries of its own."""
    found = get_object_or_404(
        BankStatement.objects.visible_to(request.actor).select_related("account"), pk=statement_id
    )
    lines = BankTransaction.objects.visible_to(request.actor).filter(statement=found)
    counts = dict(lines.order_by().values_list("state").annotate(count=Count("id")))
    state = request.GET.get("state", "")
    if state in TransactionState.values:
        lines = lines.filter(state=state)
    table = presenter.LineTable(
        lines.prefetch_related("allocations__slip").order_by("line", "id"),
        amount=lines.filter(is_incoming=True, currency="CNY").aggregate(sum=Sum("amount"))["sum"],
    )
    RequestConfig(request, paginate=PAGES).configure(table)
    return render(
        request,
        "office/billing/statement.html",
        {
            "statement": found,
            "table": table,
            "tabs": _tabs(request, counts, state),
            "done": counts.get(TransactionState.MATCHED, 0),
            "waiting": sum(counts.get(each, 0) for each in WAITING),
            "may_write": permissions.may(request.actor, "bank.keep"),
        },
    )


@require_safe
def statement_progress(request: HttpRequest, statement_id: int) -> HttpResponse:
    """How far the matching of a large file is; the page is loaded anew when it is done."""
    found = get_object_or_404(BankStatement.objects.visible_to(request.actor), pk=statement_id)
    if found.matched_at:
        return HttpResponse(headers={"HX-Refresh": "true"})
    matched = BankTransaction.objects.visible_to(request.actor).filter(statement=found, state=TransactionState.MATCHED)
    return render(request, "office/billing/_progress.html", {"statement": found, "done": matched.count()})


@require_POST
def statement_close(request: HttpRequest, statement_id: int) -> HttpResponse:
    """关闭对账: nothing more comes for these days."""
    found = get_object_or_404(BankStatement.objects.visible_to(request.actor), pk=statement_id)
    try:
        billing.close_statement(statement_id=found.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    messages.success(request, "已关闭对账：缴款期限在这些日期内而未到账的缴款单将按期失效。")
    return redirect("office:statement", found.pk)


@require_safe
def daily_close(request: HttpRequest) -> HttpResponse:
    """日清 of one value date; without one, of the last day money came in."""
    form = DayForm(request.GET) if "day" in request.GET else None
    visible = BankTransaction.objects.visible_to(request.actor)
    if form and form.is_valid():
        day = form.cleaned_data["day"]
    else:
        latest = visible.order_by("-received_on").values_list("received_on", flat=True).first()
        day = latest or calendar.today(timezone.now())
        form = form or DayForm(initial={"day": day})
    return render(request, "office/billing/daily_close.html", {"form": form, "close": queries.get_daily_close(day=day)})


def _list(request: HttpRequest, form: StatementForm) -> dict[str, object]:
    found = (
        BankStatement.objects.visible_to(request.actor)
        .select_related("account")
        .annotate(
            matched=Count("transactions", filter=Q(transactions__state=TransactionState.MATCHED)),
            waiting=Count("transactions", filter=Q(transactions__state__in=WAITING)),
        )
        .order_by("-id")
    )
    table = presenter.StatementTable(found)
    RequestConfig(request, paginate=PAGES).configure(table)
    return {
        "table": table,
        "form": form,
        "accounts": SocietyAccount.objects.order_by("-is_payee", "id"),
        "may_write": permissions.may(request.actor, "bank.keep"),
    }


def _tabs(request: HttpRequest, counts: dict[str, int], current: str) -> list[Tab]:
    def address(state: str) -> str:
        return f"{request.path}?state={state}" if state else request.path

    return [
        Tab(label="全部", url=address(""), current=not current, count=sum(counts.values())),
        *(
            Tab(label=state.label, url=address(state), current=current == state, count=counts.get(state, 0))
            for state in TransactionState
        ),
    ]


def _tell(request: HttpRequest, report: ImportReport) -> None:
    """What the import did, in one sentence; what needs a person, in another."""
    if not report.new:
        messages.info(request, f"文件中的 {report.lines} 笔流水此前均已导入，没有新增。")
        return
    slips = len({row["slip"] for row in report.matched})
    messages.success(request, f"导入 {report.lines} 笔，新增 {report.new} 笔；自动核销 {slips} 张缴款单。")
    if report.exceptions:
        messages.warning(request, f"{len(report.exceptions)} 笔需人工处理，请在“到账匹配”中认领。")
    for row in report.unsettled:
        messages.error(request, f"缴款单 {row['slip']} 已足额到账但未能生效，请联系系统管理员：{row['reason']}")
