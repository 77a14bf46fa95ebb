"""延迟缴款申请 as the employer fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from huzhu.billing.rules import ExtensionTerms


class ExtensionForm(forms.Form):
    """Until when, why, and what proves it."""

    reason_code = forms.ChoiceField(
        label="原因",
        error_messages={"required": "请选择延迟缴款的原因。", "invalid_choice": "请选择列表中的原因。"},
    )
    new_due_on = forms.DateField(
        label="新的缴款期限",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请选择新的缴款期限。", "invalid": "请按 2026-07-01 的格式填写日期。"},
    )
    reason = forms.CharField(
        label="说明",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="为什么不能按期缴款、预计何时能缴。",
        error_messages={
            "required": "请写明为什么不能按期缴款、何时能缴。",
            "max_length": "说明请控制在 200 字以内。",
        },
    )
    proof = forms.FileField(
        label="证明材料", required=False, error_messages={"empty": "文件是空的，请重新选择后上传。"}
    )

    def __init__(self, *args: Any, terms: Mapping[str, ExtensionTerms], due_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = {code: each.get_latest(due_on=due_on) for code, each in terms.items()}
        self.fields["reason_code"] = forms.ChoiceField(
            label="原因",
            choices=[("", "请选择"), *((each.code, _tell(each)) for each in terms.values())],
            error_messages={"required": "请选择延迟缴款的原因。", "invalid_choice": "请选择列表中的原因。"},
        )
        self.order_fields(["reason_code", "new_due_on", "reason", "proof"])

    def clean_new_due_on(self) -> date:
        """No day that the chosen reason does not allow, or, before one is chosen, none at all."""
        day: date = self.cleaned_data["new_due_on"]
        chosen = self.latest.get(self.cleaned_data.get("reason_code", ""))
        latest = chosen or max(self.latest.values(), default=day)
        if day > latest:
            reason = "按所选原因，" if chosen else ""
            raise forms.ValidationError(f"{reason}缴款期限最晚延至 {latest}，请改选日期。")
        return day

    def keep_errors(self, name: str) -> None:
        """Forget what is wrong with other fields: they are not looked at yet."""
        for other in [each for each in self.errors if each != name]:
            del self.errors[other]


def _tell(terms: ExtensionTerms) -> str:
    proof = "，须上传证明" if terms.needs_proof else ""
    return f"{terms.words}：最多 {terms.days} 天{proof}"
