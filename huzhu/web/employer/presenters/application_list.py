"""The list 参保申报进度及查询: one row per application, with what is asked for, what it costs and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.shared.actors import Actor
from huzhu.ui.tables import CodeColumn, CountColumn, DayColumn, MoneyColumn, StateColumn, Table
from huzhu.web.employer.presenters import applications as presenter


class ApplicationTable(Table):
    """The list's columns; sums stand in the foot and cover everything that was filtered, not only the page."""

    number = CodeColumn(verbose_name="申请编号")
    plans = tables.Column(verbose_name="保障计划", orderable=False, empty_values=())
    member_count = CountColumn(verbose_name="人数", footer=lambda table: f"{table.sums['people'] or 0:,}")
    payable_amount = MoneyColumn(
        verbose_name="应缴（元）",
        total=lambda table: (table.sums["amount"] or Decimal("0.00")) - (table.sums["subsidy"] or Decimal("0.00")),
        order_by=("contribution_amount",),
    )
    state = StateColumn(verbose_name="状态")
    created_at = DayColumn(verbose_name="新增日期")
    submitted_at = DayColumn(verbose_name="提交日期")
    next = tables.Column(verbose_name="下一步", orderable=False, empty_values=())
    actions = tables.Column(verbose_name="", orderable=False, empty_values=(), attrs={"td": {"class": "num"}})

    caption = "参保申请"

    class Meta(Table.Meta):
        order_by = "-created_at"
        empty_text = "没有符合条件的参保申请"

    def __init__(
        self, *args: Any, sums: Mapping[str, Any], slips: Mapping[int, PaymentSlip], actor: Actor, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sums, self.slips, self.actor = sums, slips, actor

    def render_number(self, value: str, record: EnrolmentApplication) -> SafeString:
        """The number leads to the record."""
        addition = ""
        if record.is_addition:
            addition = format_html('<br><small class="text-secondary">增员 {}</small>', record.endorsed_policy_number)
        return format_html('<a href="{}">{}</a>{}', reverse("employer:application", args=[record.pk]), value, addition)

    def render_plans(self, record: EnrolmentApplication) -> SafeString | str:
        """Plans with shares, one line each."""
        lines = [(str(p.plan_version.plan), p.share_count) for p in record.plans.all()]
        return (
            format_html_join(SafeString("<br>"), '<span class="one-line">{} × {} 份</span>', lines)
            if lines
            else "尚未选择"
        )

    def render_next(self, record: EnrolmentApplication) -> str:
        """Who must act, in a few words."""
        return SHORT[State(record.state)]

    def render_actions(self, record: EnrolmentApplication) -> SafeString:
        """The buttons of the guide: 编辑, 删除, 申请撤单, 延迟缴款申请."""
        buttons = presenter.get_buttons(application=record, by=self.actor, slip=self.slips.get(record.pk))
        links = []
        if buttons.may_continue:
            links.append((reverse("employer:application-edit", args=[record.pk]), "编辑"))
        elif buttons.may_edit:
            links.append((reverse("employer:application", args=[record.pk]) + "#ask-edit", "编辑"))
        if buttons.may_delete:
            links.append((reverse("employer:application-delete", args=[record.pk]), "删除"))
        if buttons.withdraw_url:
            links.append((buttons.withdraw_url, "申请撤单"))
            if buttons.extension_url:
                links.append((buttons.extension_url, "延迟缴款"))
        elif not links:
            links.append((reverse("employer:application", args=[record.pk]), "查看"))
        return format_html_join(" ", '<a class="btn btn-sm" href="{}">{}</a>', links)


SHORT = {
    State.DRAFT: "贵单位继续填报",
    State.RETURNED: "贵单位修改后重新提交",
    State.AWAITING_FORM: "贵单位盖章回传申请书",
    State.FIRST_REVIEW: "互助会初审",
    State.SECOND_REVIEW: "互助会复审",
    State.AWAITING_PAYMENT: "贵单位按缴款单汇款",
    State.EFFECTIVE: "下载电子保单",
    State.DELETED: "—",
    State.CANCELLED: "—",
    State.EXPIRED: "联系互助会重新生成缴款单",
}


def get_sums(applications: QuerySet[EnrolmentApplication]) -> dict[str, Any]:
    """
    This function will add up people and contributions of everything that was filtered, in one statement.
    """
    return applications.aggregate(
        people=Sum("member_count"), amount=Sum("contribution_amount"), subsidy=Sum("subsidy_amount"), count=Count("pk")
    )


def get_open_slips(
    applications: Sequence[EnrolmentApplication] | QuerySet[EnrolmentApplication],
) -> dict[int, PaymentSlip]:
    """
    This function will give the open slip of each application that waits for payment, in one statement.
    """
    slips = PaymentSlip.objects.filter(application__in=applications, state=SlipState.OPEN)
    return {slip.application_id: slip for slip in slips}
