"""The work lists 参保初审 and 参保复审: what waits, for how long, what the checks found, and who has taken it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_tables2 as tables
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from huzhu.enrolment.models import EnrolmentApplication, Finding
from huzhu.enrolment.states import Severity, State
from huzhu.shared.actors import Actor
from huzhu.ui import icons, tones
from huzhu.ui.tables import CodeColumn, CountColumn, MomentColumn, MoneyColumn, Table

PAGES = {State.FIRST_REVIEW: "office:first-review", State.SECOND_REVIEW: "office:second-review"}
Counts = Mapping[int, Mapping[str, int]]


class ReviewTable(Table):
    """The columns of both lists. `counts` are findings by application and severity."""

    submitted_at = MomentColumn(verbose_name="提交时间")
    number = CodeColumn(verbose_name="申请编号")
    employer = tables.Column(verbose_name="参保单位", order_by=("employer__name_initials", "pk"))
    plans = tables.Column(verbose_name="保障计划", orderable=False, empty_values=())
    member_count = CountColumn(verbose_name="人数", footer=lambda table: f"{table.sums['people'] or 0:,}")
    contribution_amount = MoneyColumn(verbose_name="金额（元）", total=lambda table: table.sums["amount"] or 0)
    findings = tables.Column(verbose_name="校验结果", orderable=False, empty_values=())
    claimed_by_name = tables.Column(verbose_name="认领", empty_values=())
    action = tables.Column(verbose_name="", orderable=False, empty_values=(), attrs={"td": {"class": "num"}})

    unit = "件"

    class Meta(Table.Meta):
        order_by = "submitted_at"
        empty_text = "没有等待审核的申请"

    def __init__(self, *args: Any, sums: Mapping[str, Any], counts: Counts, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sums, self.counts, self.actor = sums, counts, actor

    def render_number(self, value: str, record: EnrolmentApplication) -> SafeString:
        """The number leads to the review."""
        again = _tag(f"第 {record.submission_count} 次提交", "quiet") if record.submission_count > 1 else ""
        if record.is_addition:
            addition = format_html('<br><small class="text-secondary">增员 {}</small>', record.endorsed_policy_number)
            again = format_html("{}{}", again, addition)
        return format_html('<a href="{}">{}</a>{}', _url(record), value, again)

    def render_employer(self, record: EnrolmentApplication) -> SafeString:
        """The employer with its branch."""
        return format_html(
            '{}<br><small class="text-secondary">{}</small>', record.employer.name, record.employer.branch.name
        )

    def render_plans(self, record: EnrolmentApplication) -> SafeString:
        """Plans with shares, one line each."""
        return format_html_join(
            SafeString("<br>"),
            '<span class="one-line">{} × {} 份</span>',
            [(str(p.plan_version.plan), p.share_count) for p in record.plans.all()],
        )

    def render_findings(self, record: EnrolmentApplication) -> SafeString:
        """How many findings of each kind a reviewer has to look at."""
        found = self.counts.get(record.pk, {})
        shown = [
            (_tag(f"{tones.SEVERITIES[s][2]} {found[s]}", tones.SEVERITIES[s][0], tones.SEVERITIES[s][1]),)
            for s in (Severity.BLOCK, Severity.PROOF, Severity.WARN)
            if found.get(s)
        ]
        return format_html_join(" ", "{}", shown) if shown else _tag("无问题", "done")

    def render_claimed_by_name(self, value: str, record: EnrolmentApplication) -> SafeString | str:
        """Who has taken it."""
        if not record.claimed_by_id:
            return "—"
        return _tag("我在审", "info") if record.claimed_by_id in self.actor.user_ids else value

    def render_action(self, record: EnrolmentApplication) -> SafeString:
        """The one button of the row."""
        return format_html('<a class="btn btn-sm" href="{}">审核</a>', _url(record))


def get_finding_counts(applications: QuerySet[EnrolmentApplication] | list[EnrolmentApplication]) -> Counts:
    """
    This function will count the findings of the shown applications by severity, in one statement.
    """
    rows = (
        Finding.objects.filter(application__in=applications)
        .exclude(severity=Severity.INFO)
        .values_list("application_id", "severity")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts: dict[int, dict[str, int]] = {}
    for application_id, severity, count in rows:
        counts.setdefault(application_id, {})[severity] = count
    return counts


def _url(record: EnrolmentApplication) -> str:
    return reverse(PAGES[State(record.state)], args=[record.pk])


def _tag(label: str, tone: str, icon: str = "") -> SafeString:
    return format_html('<span class="tag tag--{}">{}{}</span>', tone, icons.render(icon or tones.ICONS[tone]), label)
