"""Forms of 单位保单查询."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.cover.models import CoverState
from huzhu.plans.models import Plan
from huzhu.policies.queries import PolicyFilter

STATES = [(state.value, state.label) for state in (CoverState.IN_FORCE, CoverState.PENDING, CoverState.ENDED)]


def day_input() -> forms.DateInput:
    """A day as browsers take it; without the format they would show nothing where a day is given."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PolicyFilterForm(forms.Form):
    """查询 of policies; nothing here is about a person, so it may stand in the address."""

    number = forms.CharField(label="保单号或申请编号", required=False, max_length=40)
    plan = forms.ModelChoiceField(
        label="保障计划", required=False, queryset=Plan.objects.none(), empty_label="全部计划"
    )
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *STATES])
    covered_on = forms.DateField(label="某日在保", required=False, widget=day_input())

    def __init__(self, *args: Any, plans: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = plans

    def get_filter(self) -> PolicyFilter:
        """
        This function will give what was asked for; what is typed wrongly is told at its field and filters nothing.
        """
        self.is_valid()
        asked = self.cleaned_data
        plan = asked.get("plan")
        return PolicyFilter(
            number=asked.get("number", ""),
            plan_id=plan.pk if plan else None,
            state=asked.get("state", ""),
            covered_on=asked.get("covered_on"),
        )
