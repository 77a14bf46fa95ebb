"""Statements and bank lines in the words and figures of the cashiers' pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from huzhu.accounts import policy
from huzhu.billing.models import BankStatement, BankTransaction
from huzhu.billing.queries import Candidate
from huzhu.billing.states import ExceptionKind, TransactionState
from huzhu.ui import menus, values
from huzhu.ui.tables import CountColumn, DayColumn, MomentColumn, MoneyColumn, StateColumn, Table, state_tag

KIND_TONES = {
    ExceptionKind.BOUNCED: "stops",
    ExceptionKind.DUPLICATE: "warns",
    ExceptionKind.SLIP_CANCELLED: "warns",
    ExceptionKind.SLIP_EXPIRED: "warns",
}


class StatementTable(Table):
    """银行流水: one row per imported file, with how far its lines are."""

    imported_at = MomentColumn(verbose_name="导入时间")
    account = tables.Column(verbose_name="收款账户", orderable=False)
    file_name = tables.Column(verbose_name="文件", orderable=False)
    first_on = DayColumn(verbose_name="到账日期", orderable=False)
    line_count = CountColumn(verbose_name="笔数")
    new_count = CountColumn(verbose_name="新增")
    matched = CountColumn(verbose_name="已核销", orderable=False)
    waiting = tables.Column(
        verbose_name="待处理", orderable=False, attrs={"td": {"class": "num"}, "th": {"class": "num"}}
    )
    closing_balance = MoneyColumn(verbose_name="期末余额（元）", orderable=False)
    closed_at = tables.Column(verbose_name="对账", orderable=False, empty_values=())

    unit = "份"
    caption = "银行流水文件"

    class Meta(Table.Meta):
        order_by = "-imported_at"
        empty_text = "没有导入过银行流水"

    def render_account(self, record: BankStatement) -> str:
        """Bank and the end of the number."""
        return f"{record.account.bank_name} {record.account.number[-4:]}"

    def render_file_name(self, value: str, record: BankStatement) -> SafeString:
        """The file leads to its lines."""
        return format_html('<a href="{}">{}</a>', reverse("office:statement", args=[record.pk]), value)

    def render_first_on(self, record: BankStatement) -> str:
        """The value dates the file covers."""
        first, last = values.day_text(record.first_on), values.day_text(record.last_on)
        return first if first == last else f"{first} 至 {last}"

    def render_waiting(self, value: int) -> str | SafeString:
        """What still needs a person."""
        return state_tag(str(value), tone="waits") if value else "0"

    def render_closed_at(self, record: BankStatement) -> SafeString:
        """Whether its days are done with."""
        if record.closed_at:
            return state_tag("已关闭", tone="done")
        return state_tag("未关闭", tone="quiet")


class LineTable(Table):
    """Bank lines with what was done with each, or what is wrong. `candidates` are by line."""

    received_on = DayColumn(verbose_name="到账日期")
    line = CountColumn(verbose_name="行号")
    amount = MoneyColumn(verbose_name="金额（元）", total=lambda table: table.amount or 0)
    counterparty_name = tables.Column(verbose_name="对方户名", orderable=False, empty_values=())
    remark = tables.Column(verbose_name="备注", orderable=False)
    state = StateColumn(verbose_name="状态", accessor="get_state_display", orderable=False)
    outcome = tables.Column(verbose_name="核销与说明", orderable=False, empty_values=())

    unit = "笔"
    caption = "银行流水"

    class Meta(Table.Meta):
        empty_text = "没有符合条件的流水"

    def __init__(
        self,
        *args: Any,
        amount: Decimal | None,
        candidates: Mapping[int, Sequence[Candidate]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.amount, self.candidates = amount, candidates or {}

    def render_received_on(self, value: Any, record: BankTransaction) -> SafeString:
        """The day leads to the line."""
        return format_html(
            '<a href="{}">{}</a>', reverse("office:matching-line", args=[record.pk]), values.day_text(value)
        )

    def render_amount(self, value: Decimal, record: BankTransaction) -> str:
        """Money out is negative; other currencies say which."""
        shown = values.money_text(value if record.is_incoming else -value)
        return shown if record.currency == "CNY" else f"{record.currency} {shown}"

    def render_counterparty_name(self, record: BankTransaction) -> SafeString:
        """Name and the end of the account."""
        account = f"尾号 {record.counterparty_account[-4:]}" if record.counterparty_account else ""
        return format_html('{}<br><small class="text-secondary">{}</small>', record.counterparty_name or "—", account)

    def render_remark(self, value: str) -> SafeString:
        """Every remark column of the bank, one a line."""
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in value.splitlines()))

    def render_outcome(self, record: BankTransaction) -> SafeString:
        """Slips with the step, or the kind of exception with the best candidate."""
        allocations = record.allocations.all()
        if allocations:
            return format_html_join(
                SafeString("<br>"),
                '<span class="code">{}</span>　{}<br><small class="text-secondary">{}</small>',
                ((a.slip.number, values.money_text(a.amount), a.get_match_step_display()) for a in allocations),
            )
        parts = []
        if record.exception_kind:
            parts.append(kind_tag(record))
        if record.note:
            parts.append(format_html('<small class="text-secondary">{}</small>', record.note))
        found = [each for each in self.candidates.get(record.pk, []) if each.slip.number not in record.note]
        if found:
            more = f"，另有 {len(found) - 1} 张" if len(found) > 1 else ""
            parts.append(
                format_html(
                    '<small>可能是 <span class="code">{}</span>（{}）{}</small>',
                    found[0].slip.number,
                    "、".join(found[0].reasons),
                    more,
                )
            )
        return format_html_join(SafeString("<br>"), "{}", ((part,) for part in parts))


def kind_tag(line: BankTransaction) -> SafeString:
    """
    This function will show what is wrong with a line.
    """
    return state_tag(
        line.get_exception_kind_display(), tone=KIND_TONES.get(ExceptionKind(line.exception_kind), "waits")
    )


@menus.counts_for("office")
def count_exceptions(request: HttpRequest) -> dict[str, int]:
    """
    The badge of 异常缴费: unmatched lines with something wrong, part of 到账匹配. One query; none for other desks.
    """
    if not policy.may(request.actor, "bank.keep"):
        return {}
    lines = BankTransaction.objects.visible_to(request.actor).filter(state=TransactionState.UNMATCHED)
    return {"payment_exceptions": lines.exclude(exception_kind="").count()}
