"""Forms of the slip pages."""

from __future__ import annotations

from django import forms

from huzhu.billing.states import SlipState


class SlipFilter(forms.Form):
    """查询 of 缴款单打印; nothing here is about a person, so it may stand in the address."""

    number = forms.CharField(label="缴款单号或申请编号", required=False, max_length=40)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *SlipState.choices])
    due_from = forms.DateField(
        label="缴款期限起", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    due_to = forms.DateField(
        label="缴款期限止", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class CancelForm(forms.Form):
    """申请撤单: why, and what becomes of the application."""

    TO_DRAFT, END = "draft", "cancelled"

    outcome = forms.ChoiceField(
        label="撤单后",
        choices=[(TO_DRAFT, "退回草稿，修改后重新提交"), (END, "不再参保，撤销本次申请")],
        widget=forms.RadioSelect,
        initial=TO_DRAFT,
        error_messages={"required": "请选择撤单后如何处理参保申请。"},
    )
    reason = forms.CharField(
        label="撤单原因",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": "请填写撤单原因，例如“人员名单有误”。",
            "max_length": "撤单原因请控制在 200 字以内。",
        },
    )
