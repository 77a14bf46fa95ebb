"""Forms of 单位划转."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.accounts import queries as accounts
from huzhu.employers import queries
from huzhu.employers.models import Employer
from huzhu.employers.states import TransferState
from huzhu.shared.actors import Actor
from huzhu.web.office.forms.branches import INDENTS
from huzhu.web.office.forms.registrations import OfEmployersFilter


class TransferFilter(OfEmployersFilter):
    """Which transfers the list shows."""

    states = TransferState


class TransferForm(forms.Form):
    """An employer of the own subtree, where it goes, and why."""

    employer = forms.CharField(
        label="参保单位",
        max_length=120,
        help_text="统一社会信用代码，或单位全称。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    to_branch = forms.TypedChoiceField(label="划转到", coerce=int, help_text="全省在用的机构都可以选择。")
    reason = forms.CharField(
        label="原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如：单位迁址到天河区。将随划转提交接收机构，并记入操作日志。",
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        everywhere = [(branch.pk, INDENTS[branch.level] + branch.name) for branch in accounts.get_branches()]
        self.fields["to_branch"].choices = [("", "请选择"), *everywhere]

    def clean_employer(self) -> Employer:
        """The one employer of the own subtree that is meant."""
        found = queries.get_named_employer(actor=self.actor, words=self.cleaned_data["employer"])
        if found is None:
            raise forms.ValidationError(
                "您的辖区内没有这家参保单位。请核对信用代码或全称；不属于您辖区的，请由其所属代办处发起。"
            )
        return found


class AnswerForm(forms.Form):
    """Why an employer is not received."""

    reason = forms.CharField(max_length=300)
