"""Forms of 参保初审 and 参保复审: the filter of the work lists, approving, returning with reasons."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.enrolment.code_lists import PROOF_REASONS, RETURN_REASONS
from huzhu.enrolment.states import Severity
from huzhu.plans.models import Plan
from huzhu.web.presenters.code_lists import offer

MOST_MARKED = 2_000


class ReviewFilter(forms.Form):
    """The filter bar; it stands in the address and names no person."""

    words = forms.CharField(
        label="申请编号或单位名称",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "申请编号或单位名称"}),
    )
    plan = forms.ModelChoiceField(label="保障计划", required=False, queryset=Plan.objects.all(), empty_label="全部计划")
    claim = forms.ChoiceField(
        label="认领",
        required=False,
        choices=[("", "认领不限"), ("free", "未认领"), ("mine", "我认领的"), ("others", "他人认领的")],
    )
    found = forms.ChoiceField(
        label="校验结果",
        required=False,
        choices=[
            ("", "全部校验结果"),
            (Severity.BLOCK, "有不可参保"),
            (Severity.PROOF, "有材料要核对"),
            (Severity.WARN, "有提示"),
            ("none", "无问题"),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # the bar shows no labels; who cannot see it hears them
            field.widget.attrs["aria-label"] = field.label


class ApproveForm(forms.Form):
    """Why a participation below the floor is accepted; only asked for then."""

    note = forms.CharField(required=False, max_length=500)


class ProofForm(forms.Form):
    """One proof: accepted, or refused with a usual reason and words; which of them is needed the operation tells."""

    act = forms.ChoiceField(choices=[("accept", "认可"), ("refuse", "不认可")])
    reason_code = forms.ChoiceField(
        required=False,
        choices=offer(PROOF_REASONS, ("", "请选择原因")),
        error_messages={"invalid_choice": "不认可的原因不在列表中，请重新选择。"},
    )
    reason = forms.CharField(required=False, max_length=500, error_messages={"max_length": "说明最多 500 字，请精简。"})

    def clean(self) -> dict[str, Any]:
        """What the operation is told."""
        given = super().clean() or {}
        return {
            "is_accepted": given.get("act") == "accept",
            "reason_code": given.get("reason_code", ""),
            "reason": given.get("reason", ""),
        }


class ReturnForm(forms.Form):
    """退回: usual reasons to tick, words to write, and which people it is about."""

    codes = forms.MultipleChoiceField(
        label="退回原因",
        required=False,
        choices=offer(RETURN_REASONS),
        error_messages={"invalid_choice": "退回原因不在列表中，请重新勾选。"},
    )
    reason = forms.CharField(
        label="写给单位的说明",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="单位会在短信和申请页看到，请写明要改什么、怎么改。",
        error_messages={
            "required": "请写明退回原因和需要修改的内容，单位将据此修改。",
            "max_length": "说明最多 500 字，请精简。",
        },
    )
    members = forms.MultipleChoiceField(label="只退的人员", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed = self.data.getlist("members") if hasattr(self.data, "getlist") else []
        self.marked = [
            int(text) for text in typed[:MOST_MARKED] if text.isascii() and text.isdigit() and len(text) < 19
        ]
        del self.fields["members"]  # checked against the application by the operation, not by a list of choices
