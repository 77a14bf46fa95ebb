"""Every component in every variant on one page, for people who build pages and for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import django_tables2 as tables
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict

from huzhu.ui import parts, tones
from huzhu.ui import tables as ui_tables

_NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Specimen:
    """Something with a state, as records have."""

    pk: int
    state: str
    label: str

    def get_state_display(self) -> str:
        return self.label


class SpecimenForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="单位名称", help_text="与统一社会信用代码证上的名称完全一致。")
    credit_code = forms.CharField(label="统一社会信用代码", max_length=18, min_length=18)
    kind = forms.ChoiceField(label="单位性质", choices=[("", "请选择"), ("agency", "机关"), ("company", "企业")])
    address = forms.CharField(label="联系地址", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    starts_on = forms.DateField(label="业务参考日期", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    gift = forms.ChoiceField(
        label="赠送计划", choices=[("yes", "需要添加"), ("no", "不需要")], widget=forms.RadioSelect
    )
    plans = forms.MultipleChoiceField(
        label="保障计划",
        choices=[("a", "住院医疗互助保障"), ("b", "女职工安康互助保障")],
        widget=forms.CheckboxSelectMultiple,
    )
    file = forms.FileField(label="附件", required=False)
    agrees = forms.BooleanField(label="已阅读并同意《个人信息处理说明》")


class SpecimenTable(ui_tables.Table):
    """The list template with every kind of column."""

    caption = "缴款单"
    unit = "张"
    number = ui_tables.CodeColumn(verbose_name="缴款单号")
    employer = tables.Column(verbose_name="参保单位")
    document = ui_tables.MaskedColumn(kind="document", verbose_name="经办人证件")
    people = ui_tables.CountColumn(verbose_name="人数")
    amount = ui_tables.MoneyColumn(
        verbose_name="应缴金额", total=lambda table: sum(row["amount"] for row in table.data)
    )
    due_on = ui_tables.DayColumn(verbose_name="缴款期限")
    period = ui_tables.PeriodColumn(verbose_name="保障期限", orderable=False)
    state = ui_tables.StateColumn(verbose_name="状态", accessor="state_label", order_by="state")


def get_specimens() -> dict:
    """
    This function will return everything the gallery shows.
    """
    good = SpecimenForm(initial={"name": "广州市示范机械有限公司", "gift": "no"})
    bad_files: MultiValueDict[str, UploadedFile] = MultiValueDict({"file": [SimpleUploadedFile("a.txt", b"")]})
    bad = SpecimenForm({"name": "示范机械", "credit_code": "9144010", "gift": "yes", "plans": ["a"]}, bad_files)
    bad.is_valid()
    bad.add_error(None, "该统一社会信用代码已经注册。如为同一单位，请申请加入现有账号。")
    return {
        "tones": [
            (tone, label)
            for tone, label in zip(tones.ICONS, ("提示", "已生效", "待复审", "已退回", "不可参保", "草稿"), strict=True)
        ],
        "specimens": [
            Specimen(1, "draft", "草稿"),
            Specimen(2, "first_review", "待初审"),
            Specimen(3, "awaiting_payment", "待缴款"),
            Specimen(4, "effective", "已生效"),
            Specimen(5, "returned", "已退回"),
            Specimen(6, "rejected", "不予通过"),
        ],
        "record": Specimen(7, "awaiting_payment", "待缴款"),
        "form": good,
        "bad_form": bad,
        **_flows(),
        **_lists(),
        "amounts": [Decimal("1234"), Decimal("-56.7"), Decimal("0"), None],
        "roles": ["owner", "handler"],
        "noon": _NOON,
        "starts": date(2026, 7, 1),
        "ends": date(2027, 7, 1),
        "total": Decimal("18000.00"),
    }


def _flows() -> dict:
    labels = ("选择计划", "导入人员", "确认明细", "上传材料", "生效日期", "提交")
    planned = parts.Span(start=date(2026, 9, 6), end=date(2027, 9, 6), label="本次保障")
    past = parts.Span(start=date(2025, 9, 1), end=date(2026, 9, 1), label="上期保障")
    renewed = parts.Span(start=date(2026, 9, 1), end=date(2027, 9, 1), label="本次保障（续保）")
    return {
        "steps": [
            parts.Step(label="草稿", state="done", at=date(2026, 6, 20)),
            parts.Step(label="待回传申请书", state="done", at=date(2026, 6, 22)),
            parts.Step(label="初审", state="done", at=date(2026, 6, 23)),
            parts.Step(label="复审", state="done", at=date(2026, 6, 25)),
            parts.Step(label="待缴款", state="current", note="7 月 10 日前"),
            parts.Step(label="已生效"),
        ],
        "stopped_steps": [
            parts.Step(label="草稿", state="done", at=date(2026, 6, 20)),
            parts.Step(label="初审", state="stopped", at=date(2026, 6, 23), note="已退回"),
            parts.Step(label="复审"),
            parts.Step(label="待缴款"),
        ],
        "wizard": parts.steps(labels, current=3, urls=["#1", "#2", "#3"], notes=["2 个计划", "120 人", "", "缺 2 份"]),
        "side_plans": [
            ("住院医疗互助保障（甲种）", 120, Decimal("12000")),
            ("女职工安康互助保障", 60, Decimal("6000")),
        ],
        "history": [
            parts.HistoryRow(at=_NOON, who="李*（复核员）", what="复审通过，已生成缴款单并发送短信。", tone="done"),
            parts.HistoryRow(
                at=_NOON,
                who="王*（受理员）",
                what="退回 3 人。",
                reason="第 3、8、19 行的在职证明看不清单位公章，请重新拍照上传。",
                tone="warns",
            ),
            parts.HistoryRow(at=_NOON, who="陈*（经办人）", what="提交申请，共 120 人。"),
        ],
        "gap_cover": parts.Cover(
            planned=planned,
            past=[past],
            waiting_until=date(2026, 10, 6),
            latest_arrival=date(2026, 8, 31),
            today=date(2026, 7, 20),
        ),
        "safe_cover": parts.Cover(
            planned=renewed, past=[past], latest_arrival=date(2026, 8, 31), today=date(2026, 7, 20)
        ),
        "first_cover": parts.Cover(
            planned=parts.Span(start=date(2026, 7, 2), end=date(2027, 7, 2), label="本次保障（首次）"),
            waiting_until=date(2026, 8, 1),
            today=date(2026, 7, 1),
        ),
        "tab_items": [
            parts.Tab(label="人员", url="#people", current=True, count=120),
            parts.Tab(label="保障计划", url="#plans", count=2),
            parts.Tab(label="材料", url="#files", count=3),
            parts.Tab(label="缴款", url="#money"),
            parts.Tab(label="办理记录", url="#history"),
        ],
    }


def _lists() -> dict:
    states = (("awaiting_payment", "待缴款"), ("paid", "已缴款"), ("expired", "逾期失效"), ("cancelled", "已撤单"))
    rows = [
        {
            "number": f"JK20260701{number:06d}K",
            "employer": f"广州市示范机械第{number}有限公司",
            "document": "440106199001011234",
            "people": 120 * number,
            "amount": Decimal(12000) * number,
            "due_on": date(2026, 7, 16),
            "period": (date(2026, 8, 1), date(2027, 8, 1)),
            "state": states[number % 4][0],
            "state_label": states[number % 4][1],
        }
        for number in range(1, 13)
    ]
    return {"rows": rows, "page": Paginator(range(1234), 100).page(5)}


def gallery(request: HttpRequest) -> HttpResponse:
    """
    The page `public:gallery`.
    """
    specimens = get_specimens()
    table = SpecimenTable(specimens["rows"], export_url="#export")
    tables.RequestConfig(request, paginate={"per_page": 8}).configure(table)
    empty = SpecimenTable([], prefix="empty-")
    return render(request, "gallery.html", {**specimens, "table": table, "empty_table": empty})
