"""Slips in the words and figures of the employer's pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.billing.models import PaymentExtension, PaymentSlip, SlipCancellation
from huzhu.billing.states import SlipState
from huzhu.enrolment.queries import SafeArrival
from huzhu.shared.calendar import local_date
from huzhu.ui import menus, values
from huzhu.ui.parts import Step
from huzhu.ui.tables import CodeColumn, DayColumn, MoneyColumn, StateColumn, Table, state_tag


class SlipTable(Table):
    """缴款单打印. `latest` are the last safe arrivals by slip, `amount` the sum of what is filtered."""

    number = CodeColumn(verbose_name="缴款单号")
    application = CodeColumn(verbose_name="参保申请", accessor="application__number", order_by=("application_id",))
    state = StateColumn(verbose_name="状态", accessor="get_state_display", order_by=("state", "-pk"))
    amount = MoneyColumn(verbose_name="应缴（元）", total=lambda table: table.amount or 0)
    issued_at = DayColumn(verbose_name="开具日期")
    due_on = DayColumn(verbose_name="缴款期限")
    latest = tables.Column(
        verbose_name="最晚到账日",
        orderable=False,
        empty_values=(),
        attrs={"th": {"class": "date"}, "td": {"class": "date"}},
    )
    arrival_on = DayColumn(verbose_name="到账日期")
    papers = tables.Column(verbose_name="打印", orderable=False, empty_values=())

    unit = "张"
    caption = "缴款单"

    class Meta(Table.Meta):
        order_by = "-issued_at"
        empty_text = "没有符合条件的缴款单"

    def __init__(self, *args: Any, latest: Mapping[int, SafeArrival], amount: Decimal | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest, self.amount = latest, amount

    def render_number(self, value: str, record: PaymentSlip) -> SafeString:
        """The number leads to the slip."""
        return format_html('<a href="{}">{}</a>', reverse("employer:slip", args=[record.pk]), value)

    def render_latest(self, record: PaymentSlip) -> str | SafeString:
        """Only while money can still come; a date before the due date is what costs people money."""
        safe = self.latest.get(record.pk)
        if not record.is_open or safe is None:
            return values.DASH
        shown = f"{values.day_text(safe.on)}（{safe.people:,} 人）"
        return state_tag(shown, tone="warns") if safe.on < record.due_on else shown

    def render_papers(self, record: PaymentSlip) -> SafeString:
        """The two papers, while they are of use."""
        if record.state in (SlipState.CANCELLED, SlipState.EXPIRED):
            return format_html('<span class="text-secondary">{}</span>', "已失效")
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">缴款单</a>　<a href="{}">汇款示例</a>',
            reverse("employer:slip-pdf", args=[record.pk]),
            reverse("employer:slip-remittance", args=[record.pk]),
        )


@dataclass(frozen=True, kw_only=True)
class Next:
    """The sentence under the step bar: what happens next, who must do it, until when."""

    sentence: str
    who: str = ""
    due: date | None = None
    tone: str = "info"


def get_steps(slip: PaymentSlip) -> list[Step]:
    """
    This function will tell how far a slip has come.
    """
    issued = Step(label="生成缴款单", state="done", at=local_date(slip.issued_at))
    if slip.state == SlipState.PAID:
        arrived = Step(label="款项到账", state="done", at=slip.arrival_on)
        effective = Step(label="保障生效", state="done", note="参保成功")
        confirmed = Step(label="互助会确认", state="done", at=slip.paid_at and local_date(slip.paid_at))
        return [issued, arrived, confirmed, effective]
    if slip.state == SlipState.OPEN:
        note = f"已到 {slip.allocated_amount:,.2f} 元" if slip.allocated_amount else ""
        return [
            issued,
            Step(label="银行汇款", state="current", note=note),
            Step(label="互助会确认"),
            Step(label="保障生效"),
        ]
    at = slip.cancelled_at if slip.state == SlipState.CANCELLED else slip.due_on
    stopped = Step(label="银行汇款", state="stopped", at=at, note=slip.get_state_display())
    return [issued, stopped, Step(label="互助会确认"), Step(label="保障生效")]


def get_next(
    slip: PaymentSlip,
    *,
    latest: SafeArrival | None,
    today: date,
    asked: PaymentExtension | SlipCancellation | None = None,
) -> Next:
    """
    This function will say what happens next with a slip, in one sentence.

    :param asked: what is being looked at
    """
    if slip.state == SlipState.PAID:
        return Next(sentence="款项已确认，保障已按约定日期生效，可下载电子保单并申请开票。", tone="done")
    if slip.state == SlipState.CANCELLED:
        return Next(sentence=f"此单已撤销，请勿再按此单汇款。撤单原因：{slip.cancel_reason or '未填写'}", tone="quiet")
    if slip.state == SlipState.EXPIRED:
        return Next(
            sentence="此单已逾期，请勿再按此单汇款。仍要参保的，请在 90 天内联系互助会重新生成缴款单。",
            tone="warns",
            who="贵单位",
        )
    if isinstance(asked, SlipCancellation):
        return Next(
            sentence="已申请撤单，等待互助会财务办理；办理期间此单不会失效，请先不要再汇款。",
            who="互助会财务",
            tone="waits",
        )
    if asked:
        return Next(
            sentence=f"已申请延期至 {asked.new_due_on}，等待互助会办理；办理期间此单不会失效，也可以照常汇款。",
            who="互助会财务",
            tone="waits",
        )
    if slip.allocated_amount:
        missing = f"已到账 {slip.allocated_amount:,.2f} 元，还差 {slip.open_amount:,.2f} 元。"
        return Next(
            sentence=f"{missing}请补足差额，保障自足额到账的次日起算。", who="贵单位财务", due=slip.due_on, tone="warns"
        )
    if latest and latest.on < slip.due_on:
        return Next(
            sentence=f"按缴款单一次足额汇款，汇款用途只填缴款单号。晚于 {latest.on} 到账，{latest.people:,} 人将断保。",
            who="贵单位财务",
            due=slip.due_on,
            tone="warns",
        )
    tone = "warns" if today > slip.due_on else "waits"
    return Next(sentence="按缴款单一次足额汇款，汇款用途只填缴款单号。", who="贵单位财务", due=slip.due_on, tone=tone)


@menus.counts_for("employer")
def count_open(request: HttpRequest) -> dict[str, int]:
    """
    Slips that wait for money. One query.
    """
    return {"slips": PaymentSlip.objects.visible_to(request.actor).filter(state=SlipState.OPEN).count()}
