"""Forms of the public check page."""

from __future__ import annotations

from decimal import Decimal

from django import forms

from huzhu.shared import money
from huzhu.shared.check_characters import compacted


class PolicyCheckForm(forms.Form):
    """A policy by its number and its verification code, as they stand on the first page."""

    number = forms.CharField(label="保单号", max_length=40, error_messages={"required": "请填写保单号，见保单右上角。"})
    code = forms.CharField(
        label="校验码", max_length=60, error_messages={"required": "请填写校验码，见保单第一页下方，共 18 位。"}
    )


class ReceiptCheckForm(forms.Form):
    """A receipt by code, number, check code and amount, as they stand on it."""

    receipt_code = forms.CharField(
        label="票据代码", max_length=20, error_messages={"required": "请填写 8 位票据代码。"}
    )
    receipt_number = forms.CharField(
        label="票据号码", max_length=20, error_messages={"required": "请填写 10 位票据号码。"}
    )
    check_code = forms.CharField(label="校验码", max_length=20, error_messages={"required": "请填写 6 位校验码。"})
    total = forms.CharField(label="金额", max_length=20, error_messages={"required": "请填写票面金额。"})

    def clean_total(self) -> Decimal:
        """Exactly as printed; red ones with their sign."""
        try:
            return money.to_amount(self.cleaned_data["total"])
        except money.NotAnAmount as error:
            raise forms.ValidationError(str(error)) from error


class MemberCheckForm(forms.Form):
    """One person by name and the end of the document number; the answer is yes or no."""

    name = forms.CharField(
        label="姓名",
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写姓名。"},
    )
    last_four = forms.CharField(
        label="证件号码后四位",
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
        error_messages={"required": "请填写证件号码后四位。"},
    )

    def clean_last_four(self) -> str:
        """Four letters or digits, half-width."""
        ending = compacted(self.cleaned_data["last_four"])
        if len(ending) != 4 or not ending.isascii():
            raise forms.ValidationError("请填写证件号码的最后四位，字母用大写，例如 123X。")
        return ending
