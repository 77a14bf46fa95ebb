"""Forms of 单位开票申请 and 单位开票查询."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from huzhu.receipts.queries import OpenPolicy
from huzhu.shared import money
from huzhu.web.employer.forms.policies import day_input

AMOUNT = "amount-"


class ReceiptForm(forms.Form):
    """In whose name, and for each chosen policy how much; prefilled with everything that is still open."""

    title = forms.CharField(
        label="票据抬头（交款人）",
        max_length=120,
        error_messages={"required": "请填写票据抬头，一般为单位全称。", "max_length": "票据抬头请控制在 120 字以内。"},
    )
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "请填写统一社会信用代码。"},
    )
    remark = forms.CharField(
        label="备注",
        required=False,
        max_length=80,
        help_text="选填，印在票据备注栏；缴款单号和保障期限会自动列出。",
        error_messages={"max_length": "备注请控制在 80 字以内。"},
    )

    def __init__(self, *args: Any, chosen: Sequence[OpenPolicy], **kwargs: Any) -> None:
        initial = {f"{AMOUNT}{each.policy.pk}": f"{each.open_amount:.2f}" for each in chosen}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.chosen = chosen
        for each in chosen:
            self.fields[f"{AMOUNT}{each.policy.pk}"] = forms.CharField(
                label=f"保单 {each.policy.number} 开票金额",
                max_length=20,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num-input"}),
                error_messages={"required": "请填写开票金额。"},
            )

    def clean(self) -> dict[str, Any]:
        """Amounts are read exactly; whether they are open, the operation judges."""
        cleaned = super().clean() or {}
        for name in [name for name in cleaned if name.startswith(AMOUNT)]:
            try:
                cleaned[name] = money.to_amount(cleaned[name])
            except money.NotAnAmount as error:
                self.add_error(name, str(error))
        return cleaned

    def get_amounts(self) -> dict[int, Decimal]:
        """
        This function will give the amounts by policy.
        """
        return {each.policy.pk: self.cleaned_data[f"{AMOUNT}{each.policy.pk}"] for each in self.chosen}

    def take(self, problems: Mapping[str, str]) -> None:
        """
        This function will put what the operation refused to the fields it is about, the rest above the form.
        """
        for field, words in problems.items():
            self.add_error(field if field in self.fields else None, words)


class ReceiptFilterForm(forms.Form):
    """查询 of issued receipts."""

    words = forms.CharField(label="票据号码、申请号或抬头", required=False, max_length=60)
    issued_from = forms.DateField(label="开票日期起", required=False, widget=day_input())
    issued_to = forms.DateField(label="开票日期止", required=False, widget=day_input())

    def get_filter(self) -> dict[str, Any]:
        """
        This function will give what was asked for; what is typed wrongly is told at its field and filters nothing.
        """
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
