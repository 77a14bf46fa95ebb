"""撤单与延期 as rows."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.billing import queries
from huzhu.billing.models import PaymentExtension, SlipCancellation
from huzhu.ui.tables import CodeColumn, DayColumn, MoneyColumn, StateColumn, Table


class ExtensionTable(Table):
    """延迟缴款申请."""

    slip = CodeColumn(verbose_name="缴款单号", accessor="slip__number", order_by=("pk",))
    employer = tables.Column(
        verbose_name="参保单位", accessor="slip__employer__name", order_by=("slip__employer__name_initials",)
    )
    branch = tables.Column(verbose_name="所属机构", accessor="slip__employer__branch__name", orderable=False)
    amount = MoneyColumn(verbose_name="应缴（元）", accessor="slip__amount")
    from_due_on = DayColumn(verbose_name="原期限")
    new_due_on = DayColumn(verbose_name="申请延至")
    reason_code = tables.Column(verbose_name="原因", orderable=False)
    asked_at = DayColumn(verbose_name="申请日期")
    state = StateColumn(verbose_name="状态", accessor="get_state_display", order_by=("state", "pk"))

    unit = "份"
    caption = "延迟缴款申请"

    class Meta(Table.Meta):
        order_by = "asked_at"
        empty_text = "没有符合条件的延迟缴款申请"

    def render_slip(self, value: str, record: PaymentExtension) -> SafeString:
        """The number leads to the request."""
        return format_html('<a href="{}">{}</a>', reverse("office:slip-request-extension", args=[record.pk]), value)

    def render_reason_code(self, record: PaymentExtension) -> Any:
        """In the words of the moment it was asked."""
        return queries.tell_extension_reason(record)


class CancellationTable(Table):
    """申请撤单 where money has come in."""

    slip = CodeColumn(verbose_name="缴款单号", accessor="slip__number", order_by=("pk",))
    employer = tables.Column(
        verbose_name="参保单位", accessor="slip__employer__name", order_by=("slip__employer__name_initials",)
    )
    branch = tables.Column(verbose_name="所属机构", accessor="slip__employer__branch__name", orderable=False)
    amount = MoneyColumn(verbose_name="应缴（元）", accessor="slip__amount")
    arrived = MoneyColumn(verbose_name="已核销（元）", accessor="slip__allocated_amount")
    to_draft = tables.Column(verbose_name="撤单后", orderable=False)
    reason = tables.Column(verbose_name="原因", orderable=False)
    asked_at = DayColumn(verbose_name="申请日期")
    state = StateColumn(verbose_name="状态", accessor="get_state_display", order_by=("state", "pk"))

    unit = "份"
    caption = "申请撤单"

    class Meta(Table.Meta):
        order_by = "asked_at"
        empty_text = "没有符合条件的撤单申请"

    def render_slip(self, value: str, record: SlipCancellation) -> SafeString:
        """The number leads to the request."""
        return format_html('<a href="{}">{}</a>', reverse("office:slip-request-cancellation", args=[record.pk]), value)

    def render_to_draft(self, value: bool) -> str:
        """What becomes of the application."""
        return "退回草稿" if value else "撤销申请"
