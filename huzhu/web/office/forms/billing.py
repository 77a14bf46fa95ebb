"""Forms of the cashiers' pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django import forms
from django.http import QueryDict

from huzhu.billing.models import SocietyAccount
from huzhu.billing.slip_requests import MoneyGoes
from huzhu.billing.states import ExceptionKind
from huzhu.shared import money, uploads


class AccountChoice(forms.ModelChoiceField):
    """The association's accounts by bank and the end of the number."""

    def label_from_instance(self, obj: SocietyAccount) -> str:
        return f"{obj.bank_name}（尾号 {obj.number[-4:]}）"


class StatementForm(forms.Form):
    """导入流水: which account, which file."""

    account = AccountChoice(
        label="收款账户",
        queryset=SocietyAccount.objects.order_by("-is_payee", "id"),
        empty_label=None,
        error_messages={"invalid_choice": "请选择列表中的收款账户。", "required": "请选择收款账户。"},
    )
    file = forms.FileField(
        label="流水文件",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xls,.xlsx,.txt"}),
        help_text="从网银导出的原始明细（csv、xls、xlsx），不要删改列。重复或重叠的文件可以放心导入，不会重复记账。",
        error_messages={"required": "请选择从网银导出的流水文件。", "empty": "文件是空的，请重新导出后上传。"},
    )

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > uploads.MAX_BYTES:
            raise forms.ValidationError("文件超过 20 MB，请按日期分段导出后分别上传。")
        return file


class LineFilter(forms.Form):
    """What a cashier narrows the waiting lines by; names and account numbers are not asked for in the address."""

    kind = forms.ChoiceField(label="异常类别", required=False, choices=[("", "全部类别"), *ExceptionKind.choices])
    received_from = forms.DateField(
        label="到账日期起", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    received_to = forms.DateField(
        label="到账日期止", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    amount = forms.CharField(label="金额", required=False, max_length=20)

    def clean_amount(self) -> Decimal | None:
        text = self.cleaned_data["amount"].strip()
        try:
            return money.to_amount(text) if text else None
        except money.NotAnAmount as error:
            raise forms.ValidationError(str(error)) from error


class DayForm(forms.Form):
    """日清 of which day."""

    day = forms.DateField(label="到账日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ReasonForm(forms.Form):
    """Why: needed to propose, decline and set aside."""

    reason = forms.CharField(
        label="原因",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请填写原因。", "max_length": "原因请控制在 200 字以内。"},
    )


class MoneyGoesForm(forms.Form):
    """Where the money of a cancelled slip goes."""

    money_goes = forms.ChoiceField(
        label="已到账款项",
        required=False,
        choices=MoneyGoes.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "请选择已到账款项转入单位预存款还是退回。"},
    )


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What was ticked and typed: amounts by slip, the text as typed for showing again, and what could not be read."""

    amounts: dict[int, Decimal] = field(default_factory=dict)
    typed: dict[int, str] = field(default_factory=dict)
    reason: str = ""
    errors: list[str] = field(default_factory=list)


def read_proposal(posted: QueryDict | Mapping[str, str]) -> Proposal:
    """
    This function will read the ticked slips (`slip`, several) with their amounts (`amount-<id>`) and the reason.
    """
    assert isinstance(posted, QueryDict)
    amounts: dict[int, Decimal] = {}
    typed: dict[int, str] = {}
    errors: list[str] = []
    for text in posted.getlist("slip"):
        if not (text.isascii() and text.isdecimal() and len(text) < 18):
            errors.append("所选的缴款单不存在，请刷新后重新选择。")
            continue
        slip_id = int(text)
        typed[slip_id] = posted.get(f"amount-{slip_id}", "").strip()[:30]
        try:
            amounts[slip_id] = money.to_amount(typed[slip_id])
        except money.NotAnAmount as error:
            errors.append(str(error))
    if not typed and not errors:
        errors.append("请至少勾选一张缴款单。")
    return Proposal(amounts=amounts, typed=typed, reason=posted.get("reason", "").strip()[:200], errors=errors)
