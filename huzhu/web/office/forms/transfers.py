"""Forms of 单位划转."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.accounts import queries as accounts
from huzhu.employers import queries
from huzhu.employers.models import Employer
from huzhu.employers.states import TransferState
from huzhu.journeys.transfer_in_bulk import MOST
from huzhu.shared.actors import Actor
from huzhu.web.office.forms.branches import INDENTS
from huzhu.web.office.forms.registrations import OfEmployersFilter

LONGEST = 120


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
        self.fields["to_branch"].choices = [("", "请选择"), *_get_choices(None)]

    def clean_employer(self) -> Employer:
        """The one employer of the own subtree that is meant."""
        found = queries.get_named_employer(actor=self.actor, words=self.cleaned_data["employer"])
        if found is None:
            raise forms.ValidationError(
                "您的辖区内没有这家参保单位。请核对信用代码或全称；不属于您辖区的，请由其所属代办处发起。"
            )
        return found


class BulkTransferForm(forms.Form):
    """Several employers of the own subtree, a line each, where they go, and why."""

    employers = forms.CharField(
        label="参保单位",
        help_text=f"每行一家：统一社会信用代码，或单位全称；可从表格整列粘贴。一次最多 {MOST} 家。",
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )
    to_branch = forms.TypedChoiceField(label="划转到", coerce=int, help_text="全省在用的机构都可以选择。")
    reason = forms.CharField(
        label="原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如：机构合并。将随每家单位的划转提交接收机构，并记入操作日志。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_branch"].choices = [("", "请选择"), *_get_choices(None)]

    def clean_employers(self) -> list[str]:
        """The lines that say something; of a pasted row its first cell."""
        lines = self.cleaned_data["employers"].splitlines()
        named = list(dict.fromkeys(filter(None, (line.split("\t")[0].strip()[:LONGEST] for line in lines))))
        if len(named) > MOST:
            raise forms.ValidationError(f"一次最多划转 {MOST} 家单位，已填 {len(named)} 家，请分批办理。")
        return named


class FromBranchForm(forms.Form):
    """The branch whose employers are to be brought into the list."""

    branch = forms.TypedChoiceField(label="带出机构的单位", coerce=int, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].choices = [("", "请选择"), *_get_choices(actor)]


def _get_choices(actor: Actor | None) -> list[tuple[int, str]]:
    """The branches of the actor's subtree, or all in use, in the order of the tree."""
    return [(branch.pk, INDENTS[branch.level] + branch.name) for branch in accounts.get_branches(actor=actor)]


class AnswerForm(forms.Form):
    """Why an employer is not received."""

    reason = forms.CharField(max_length=300)
