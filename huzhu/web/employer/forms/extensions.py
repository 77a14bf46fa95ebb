"""延迟缴款申请 as the employer fills it in."""

from __future__ import annotations

from collections.abc import Mapping
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

    def __init__(self, *args: Any, terms: Mapping[str, ExtensionTerms], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"] = forms.ChoiceField(
            label="原因",
            choices=[("", "请选择"), *((each.code, _tell(each)) for each in terms.values())],
            error_messages={"required": "请选择延迟缴款的原因。", "invalid_choice": "请选择列表中的原因。"},
        )
        self.order_fields(["reason_code", "new_due_on", "reason", "proof"])


def _tell(terms: ExtensionTerms) -> str:
    proof = "，须上传证明" if terms.needs_proof else ""
    return f"{terms.words}：最多 {terms.days} 天{proof}"
