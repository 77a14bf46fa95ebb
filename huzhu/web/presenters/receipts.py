"""Receipt requests and receipts in the words and figures of the pages of both audiences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.receipts.states import RequestState
from huzhu.shared.calendar import local_date
from huzhu.ui import form_keys
from huzhu.ui.parts import Step
from huzhu.ui.tables import CodeColumn, DayColumn, MomentColumn, MoneyColumn, StateColumn, Table, state_tag


class RequestTable(Table):
    """What an employer has asked for."""

    number = CodeColumn(verbose_name="申请号")
    state = StateColumn(verbose_name="状态", accessor="get_state_display", order_by=("state", "-pk"))
    title = tables.Column(verbose_name="票据抬头", orderable=False)
    policies = tables.Column(verbose_name="保单", empty_values=(), orderable=False)
    amount = MoneyColumn(verbose_name="金额（元）")
    requested_at = MomentColumn(verbose_name="申请时间")
    outcome = tables.Column(verbose_name="结果", empty_values=(), orderable=False)

    unit = "件"
    caption = "开票申请"

    class Meta(Table.Meta):
        order_by = "-requested_at"
        empty_text = "还没有开票申请"

    def render_number(self, value: str, record: ReceiptRequest) -> SafeString:
        """The number leads to the request."""
        return format_html('<a href="{}">{}</a>', reverse("employer:receipt-request", args=[record.pk]), value)

    def render_policies(self, record: ReceiptRequest) -> SafeString:
        """Which policies, one a line."""
        return format_html_join(
            SafeString("<br>"),
            '<span class="code">{}</span> <small class="text-secondary">{}</small>',
            ((line.policy.number, str(line.policy.plan)) for line in record.lines.all()),
        )

    def render_outcome(self, record: ReceiptRequest) -> SafeString | str:
        """The receipts, or why there is none."""
        receipts = record.receipts.all()
        if receipts:
            return format_html_join(
                SafeString("<br>"),
                '<a href="{}" target="_blank" rel="noopener">{}</a>{}',
                (
                    (
                        reverse("employer:receipt-pdf", args=[each.pk]),
                        each.receipt_number,
                        "（红字）" if each.is_red else "",
                    )
                    for each in receipts
                ),
            )
        return record.reason or "等待互助会财务开票"


class ReceiptTable(Table):
    """Issued receipts, red ones among them."""

    receipt_number = CodeColumn(verbose_name="票据号码")
    receipt_code = CodeColumn(verbose_name="票据代码", orderable=False)
    check_code = CodeColumn(verbose_name="校验码", orderable=False)
    state = tables.Column(verbose_name="状态", empty_values=(), orderable=False)
    issued_on = DayColumn(verbose_name="开票日期", order_by=("issued_on", "pk"))
    title = tables.Column(verbose_name="交款人", accessor="request__title", orderable=False)
    amount = MoneyColumn(verbose_name="金额（元）", total=lambda table: table.amount or 0)
    request = CodeColumn(verbose_name="开票申请", accessor="request__number", orderable=False)
    papers = tables.Column(verbose_name="下载", empty_values=(), orderable=False)

    unit = "张"
    caption = "电子票据"

    class Meta(Table.Meta):
        order_by = "-issued_on"
        empty_text = "没有符合条件的票据"

    def __init__(self, *args: Any, amount: Decimal | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.amount = amount

    def render_state(self, record: EReceipt) -> SafeString:
        """Whether it still holds."""
        return receipt_state(record)

    def render_request(self, value: str, record: EReceipt) -> SafeString:
        """The number leads to the request."""
        return format_html('<a href="{}">{}</a>', reverse("employer:receipt-request", args=[record.request_id]), value)

    def render_papers(self, record: EReceipt) -> SafeString:
        """The PDF to keep, and the same as data."""
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">电子票据</a>　<a href="{}">数据</a>',
            reverse("employer:receipt-pdf", args=[record.pk]),
            reverse("employer:receipt-data", args=[record.pk]),
        )


def receipt_state(receipt: EReceipt) -> SafeString:
    """
    This function will show whether a receipt holds, was reversed, or is the red one.
    """
    if receipt.is_red:
        return state_tag("红字票据", tone="warns")
    if getattr(receipt, "reversed_by", None):
        return state_tag("已红冲", tone="quiet")
    return state_tag("有效", tone="done")


class WorkTable(Table):
    """开票管理: what waits for the cashiers, oldest first, or what they have done. `token` guards the one-click button."""

    requested_at = MomentColumn(verbose_name="申请时间")
    number = CodeColumn(verbose_name="申请号")
    employer = tables.Column(verbose_name="参保单位", order_by=("employer__name_initials", "pk"))
    title = tables.Column(verbose_name="票据抬头", orderable=False)
    policies = tables.Column(verbose_name="保单与确认书", empty_values=(), orderable=False)
    amount = MoneyColumn(verbose_name="金额（元）", total=lambda table: table.sums["amount"] or 0)
    state = StateColumn(verbose_name="状态", accessor="get_state_display", orderable=False)
    action = tables.Column(verbose_name="", empty_values=(), orderable=False, attrs={"td": {"class": "num"}})

    unit = "件"
    caption = "开票申请"

    class Meta(Table.Meta):
        order_by = "requested_at"
        empty_text = "没有符合条件的开票申请"

    def __init__(self, *args: Any, sums: Mapping[str, Any], token: str, may_issue: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sums, self.token, self.may_issue = sums, token, may_issue

    def render_number(self, value: str, record: ReceiptRequest) -> SafeString:
        """The number leads to the request."""
        return format_html('<a href="{}">{}</a>', reverse("office:receipt", args=[record.pk]), value)

    def render_employer(self, record: ReceiptRequest) -> SafeString:
        """The employer with its branch."""
        return format_html(
            '{}<br><small class="text-secondary">{}</small>', record.employer.name, record.employer.branch.name
        )

    def render_title(self, value: str, record: ReceiptRequest) -> SafeString | str:
        """A title that is not the employer's name is worth a look."""
        if value == record.employer.name:
            return "同单位名称"
        return format_html("{}<br>{}", value, state_tag("与单位名称不同", tone="warns"))

    def render_policies(self, record: ReceiptRequest) -> SafeString:
        """Each policy with the stamped paper it was asked with."""
        return format_html_join(
            SafeString("<br>"),
            '<span class="code">{}</span> <a href="{}" target="_blank" rel="noopener">看确认书</a>',
            (
                (line.policy.number, reverse("office:file", args=[line.confirmation_id]))
                for line in record.lines.all()
                if line.confirmation_id
            ),
        )

    def render_action(self, record: ReceiptRequest) -> SafeString | str:
        """One click to issue; what was issued opens as a PDF."""
        if record.state == RequestState.REQUESTED:
            if not self.may_issue:
                return ""
            return format_html(
                '<form method="post" action="{}" data-once>{}'
                '<button class="btn btn-sm btn-primary" type="submit">{}<span class="visually-hidden"> {}</span></button></form>',
                reverse("office:receipt-issue", args=[record.pk]),
                form_keys.render(self.token),
                "开具",
                record.number,
            )
        return format_html_join(
            SafeString("<br>"),
            '<a href="{}" target="_blank" rel="noopener">{}</a>{}',
            (
                (reverse("office:receipt-pdf", args=[each.pk]), each.receipt_number, "（红字）" if each.is_red else "")
                for each in record.receipts.all()
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Next:
    """The sentence under the step bar."""

    sentence: str
    who: str = ""
    tone: str = "info"


def get_steps(request: ReceiptRequest) -> list[Step]:
    """
    This function will tell how far a request has come.
    """
    asked = Step(label="提交申请", state="done", at=local_date(request.requested_at))
    decided = local_date(request.decided_at) if request.decided_at else None
    if request.state == RequestState.REQUESTED:
        return [asked, Step(label="互助会开票", state="current"), Step(label="下载电子票据")]
    if request.state == RequestState.REFUSED:
        stopped = Step(label="互助会开票", state="stopped", at=decided, note="已退回")
        return [asked, stopped, Step(label="下载电子票据")]
    if request.state == RequestState.REVERSED:
        return [asked, Step(label="互助会开票", state="done"), Step(label="已红冲", state="stopped", at=decided)]
    return [asked, Step(label="互助会开票", state="done", at=decided), Step(label="下载电子票据", state="done")]


def get_next(request: ReceiptRequest, *, audience: str) -> Next:
    """
    This function will say what happens next with a request.
    """
    employer = "参保单位" if audience == "office" else "贵单位"
    match request.state:
        case RequestState.REQUESTED:
            if audience == "office":
                words = "核对盖章参保确认书、抬头和金额，无误后开具；有问题的退回并写明原因。"
                return Next(sentence=words, who="财务", tone="waits")
            return Next(sentence="核对后开具电子票据，开具后短信通知。", who="互助会财务", tone="waits")
        case RequestState.REFUSED:
            return Next(sentence=f"申请已退回：{request.reason}。更正后可重新申请开票。", who=employer, tone="warns")
        case RequestState.REVERSED:
            return Next(sentence=f"票据已红冲：{request.reason}。可重新申请开票。", who=employer, tone="warns")
        case _:
            return Next(sentence="电子票据已开具，可下载入账；扫描票面二维码可核验真伪。", tone="done")
