"""Policies in the words and figures of the pages of both audiences: the list, the people on one, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.cover.models import Cover, CoverState
from huzhu.documents.models import StoredFile
from huzhu.policies.models import Departure, Policy, PolicyVersion, VersionCause
from huzhu.shared.calendar import ONE_DAY
from huzhu.ui import tones, values
from huzhu.ui.tables import CodeColumn, CountColumn, DayColumn, MoneyColumn, Table, state_tag


class PolicyTable(Table):
    """The list of both audiences; `audience` decides the addresses and whether the employer is named."""

    number = CodeColumn(verbose_name="保单号")
    employer = tables.Column(verbose_name="参保单位", order_by=("employer__name_initials", "pk"))
    plan = tables.Column(verbose_name="保障计划", order_by=("plan_id", "pk"))
    state = tables.Column(verbose_name="状态", empty_values=(), order_by=("coverage_end", "pk"))
    coverage_start = DayColumn(verbose_name="保障期限")
    member_count = CountColumn(verbose_name="人数", footer=lambda table: f"{table.sums['people'] or 0:,} 人次")
    contribution_amount = MoneyColumn(verbose_name="保障费（元）", total=lambda table: table.sums["amount"] or 0)
    issued_at = DayColumn(verbose_name="签发日期")
    confirmation = tables.Column(verbose_name="参保确认书", empty_values=(), orderable=False)
    paper = tables.Column(verbose_name="电子保单", empty_values=(), orderable=False)

    unit = "张"
    caption = "保单"

    class Meta(Table.Meta):
        order_by = "-issued_at"
        empty_text = "没有符合条件的保单"

    def __init__(self, *args: Any, audience: str, sums: dict[str, Any], today: date, **kwargs: Any) -> None:
        hidden = ("employer",) if audience == "employer" else ("confirmation",)
        super().__init__(*args, exclude=hidden, **kwargs)
        self.audience, self.sums, self.today = audience, sums, today

    def render_number(self, value: str, record: Policy) -> SafeString:
        """The number leads to the policy."""
        return format_html('<a href="{}">{}</a>', reverse(f"{self.audience}:policy", args=[record.pk]), value)

    def render_employer(self, record: Policy) -> str:
        """Whose it is."""
        return record.employer.name

    def render_state(self, record: Policy) -> SafeString:
        """Where it stands today."""
        state = record.state_on(self.today)
        return state_tag(str(state.label), tone=tones.get_tone(state))

    def render_coverage_start(self, record: Policy) -> str:
        """The widest period of its members."""
        return values.period_text(record.coverage_start, record.coverage_end)

    def render_confirmation(self, record: Policy) -> SafeString:
        """Whether a receipt can be asked for."""
        return state_tag("已回传", tone="done") if record.sealed_confirmation_id else state_tag("未回传", tone="quiet")

    def render_paper(self, record: Policy) -> SafeString:
        """下载电子保单."""
        return format_html(
            '<a class="btn btn-sm" href="{}" target="_blank" rel="noopener">{}<span class="visually-hidden"> {}</span></a>',
            reverse(f"{self.audience}:policy-pdf", args=[record.pk]),
            "下载电子保单",
            record.number,
        )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a policy stands on a day, the way `{% page_header record= %}` and `{% state_badge %}` take it."""

    pk: int
    state: CoverState

    def get_state_display(self) -> str:
        """In the society's words."""
        return str(self.state.label)


def get_standing(policy: Policy, *, today: date) -> Standing:
    """
    This function will tell where a policy stands on a day, by its widest period.
    """
    return Standing(pk=policy.pk, state=policy.state_on(today))


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person on a policy. `waits_until` is the last day of the waiting period, None without one."""

    pk: int
    name: str
    number_masked: str
    share_count: int
    contribution_amount: Decimal
    start: date
    end: date
    waits_until: date | None
    is_added_only: bool
    cover_class: str
    state: SafeString
    worker_id: int
    departure: Departure | None


def get_members(covers: list[Cover], *, today: date) -> list[Member]:
    """
    This function will tell the people of a page of a policy.
    """
    return [_member(cover, today) for cover in covers]


def _member(cover: Cover, today: date) -> Member:
    waits = max(cover.full_from, cover.added_full_from)
    state = cover.state_on(today)
    return Member(
        pk=cover.pk,
        name=cover.name,
        number_masked=cover.number_masked,
        share_count=cover.share_count,
        contribution_amount=cover.contribution_amount,
        start=cover.coverage_start,
        end=cover.coverage_end,
        waits_until=waits - ONE_DAY if waits > cover.coverage_start else None,
        is_added_only=cover.added_full_from > cover.full_from,
        cover_class=cover.get_cover_class_display(),
        state=state_tag(str(state.label), tone="waits" if state == CoverState.WAITING else tones.get_tone(state)),
        worker_id=cover.worker_id,
        departure=getattr(cover, "departure", None),
    )


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version of a policy as a list shows it."""

    version: PolicyVersion
    title: str
    change: str
    is_latest: bool
    url: str
    pdf_url: str


def get_version_rows(versions: list[PolicyVersion], *, audience: str) -> list[VersionRow]:
    """
    This function will tell the versions of a policy, the latest first.
    """
    return [
        VersionRow(
            version=version,
            title=f"第{version.number}版",
            change=_change(version),
            is_latest=version is versions[0],
            url=reverse(f"{audience}:policy-version", args=[version.pk]),
            pdf_url=reverse(f"{audience}:policy-version-pdf", args=[version.pk]),
        )
        for version in versions
    ]


def _change(version: PolicyVersion) -> str:
    match version.cause:
        case VersionCause.MEMBERS_ADDED:
            return f"增员 {version.added_count:,} 人"
        case VersionCause.MEMBERS_REMOVED:
            return f"减员 {version.removed_count:,} 人"
        case _:
            return f"首次签发 {version.added_count:,} 人"


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """The stamped 参保确认书 of a policy as a slot shows it."""

    policy: Policy
    file: StoredFile | None
    url: str
    is_picture: bool

    @property
    def slot_name(self) -> str:
        """The slot's own name, so that several stand on one page."""
        return f"confirmation-{self.policy.pk}"


def get_confirmations(policies: list[Policy], *, audience: str) -> dict[int, Confirmation]:
    """
    This function will give the stamped confirmations of policies, by policy, in one statement.
    """
    wanted = [policy.sealed_confirmation_id for policy in policies if policy.sealed_confirmation_id]
    files = StoredFile.objects.in_bulk(wanted) if wanted else {}
    found = {}
    for policy in policies:
        file = files.get(policy.sealed_confirmation_id) if policy.sealed_confirmation_id else None
        found[policy.pk] = Confirmation(
            policy=policy,
            file=file,
            url=reverse(f"{audience}:file", args=[file.pk]) if file else "",
            is_picture=bool(file) and file.media_type == "image/jpeg",
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Next:
    """The sentence under the title: what comes next and who does it."""

    sentence: str
    who: str = ""
    tone: str = "info"


def get_next(policy: Policy, *, open_amount: Decimal, today: date) -> Next | None:
    """
    This function will say what an employer does next with a policy; None where nothing is left to do.
    """
    if open_amount and policy.sealed_confirmation_id is None:
        words = "下载电子保单，打印最后一页《参保确认书》盖章，拍照或扫描上传后即可申请开票。"
        return Next(sentence=words, who="贵单位", tone="waits")
    if open_amount:
        return Next(sentence=f"参保确认书已回传，还可申请开票 {open_amount:,.2f} 元。", who="贵单位财务", tone="waits")
    days = (policy.coverage_end - today).days
    if 0 < days <= 60:
        return Next(
            sentence=f"保障 {days} 天后到期，请及时续保；断保后须重新计算免责期。", who="贵单位经办人", tone="warns"
        )
    return None
