"""Forms of 保单查询 and 保障查询."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.plans.models import Plan
from huzhu.web.employer.forms.policies import PolicyFilterForm, day_input


class OfficePolicyFilterForm(PolicyFilterForm):
    """查询 of policies by staff: the employer's too, by part of its name, initials or credit code."""

    employer = forms.CharField(label="参保单位", required=False, max_length=60)
    field_order = ("employer", "number", "plan", "state", "covered_on")


class PersonForm(forms.Form):
    """Whose cover; posted, because it is about a person."""

    words = forms.CharField(
        label="完整证件号码或姓名",
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
        error_messages={"required": "请填写完整证件号码，或姓名全称。"},
    )


class CoverDayForm(forms.Form):
    """某日谁在保: the day, and narrower where asked; nothing here is about a person."""

    day = forms.DateField(
        label="日期",
        widget=day_input(),
        error_messages={"required": "请选择日期。", "invalid": "日期不存在，请按 2026-07-01 的格式填写。"},
    )
    plan = forms.ModelChoiceField(
        label="保障计划", required=False, queryset=Plan.objects.none(), empty_label="全部计划"
    )
    employer = forms.CharField(label="参保单位", required=False, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = Plan.objects.order_by("pk")
