"""Forms of the comparison with a month's 社保/医保 list."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms

from huzhu.roster.differences import REASONS
from huzhu.roster.models import InsuranceRosterKind, ReasonCode
from huzhu.web.employer.forms.roster import DomainForm


class InsuranceForm(forms.Form):
    """One month's 社保 or 省直医保 list."""

    kind = forms.ChoiceField(
        label="名单种类",
        choices=InsuranceRosterKind.choices,
        initial=InsuranceRosterKind.SOCIAL,
        widget=forms.RadioSelect,
    )
    month = forms.DateField(
        label="月份",
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        error_messages={"invalid": "月份写法不对，请按 2026-07 填写。", "required": "请选择名单的月份。"},
    )
    file = forms.FileField(
        label="名单文件",
        error_messages={"required": "请选择要上传的名单文件。", "empty": "文件是空的，请确认导出成功后重新选择。"},
    )

    @staticmethod
    def get_initial(today: date) -> dict[str, object]:
        """The current month."""
        return {"month": today.replace(day=1)}


class DifferenceForm(DomainForm):
    """Why people differ from the list; which reasons there are depends on the side."""

    code = forms.ChoiceField(
        label="原因", choices=ReasonCode.choices, widget=forms.RadioSelect, error_messages={"required": "请选择原因。"}
    )
    words = forms.CharField(
        label="说明", required=False, max_length=400, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    proof = forms.FileField(required=False, error_messages={"empty": "证明文件是空的，请重新拍照或选择。"})

    def __init__(self, *args: Any, side: str, **kwargs: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **kwargs)
        rules = REASONS[side]
        cast(forms.ChoiceField, self.fields["code"]).choices = [
            (code, f"{label}（须附证明）" if rules[code].needs_proof else label)
            for code, label in ReasonCode.choices
            if code in rules
        ]
        if len(rules) == 1:
            self.fields["code"].initial = next(iter(rules))
        for name in ("code", "words"):
            self.fields[name].widget.attrs["form"] = "explain"
