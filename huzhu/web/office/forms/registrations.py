"""Forms of the registrar's desk."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.accounts import queries as accounts
from huzhu.employers import rules
from huzhu.employers.states import HandOverState, RegistrationState
from huzhu.shared.actors import Actor

PREFIX = "reason_"
USUAL = (
    "与证书不一致，请对照证书修改",
    "请填写与证书一致的全称",
    "影像不清晰，请重新拍照上传",
    "证书已过有效期",
    "请核实后重新填写",
)


class RegistrationFilter(forms.Form):
    """What the list shows."""

    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *RegistrationState.choices], initial="pending"
    )
    words = forms.CharField(
        label="单位名称或信用代码", required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    branch = forms.TypedChoiceField(label="代办处", required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = accounts.get_branches(actor=actor)
        self.fields["branch"].choices = [("", "全部代办处"), *((branch.pk, branch.name) for branch in own)]


class HandOverFilter(forms.Form):
    """Which changes of handler the list shows."""

    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部状态"), *HandOverState.choices],
        initial=HandOverState.PENDING,
    )
    words = forms.CharField(
        label="单位名称或信用代码", required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )


class ReturnForm(forms.Form):
    """One reason per field, and one for the whole."""

    round = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="总体说明", required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, label in rules.FIELDS.items():
            widget = forms.TextInput(attrs={"list": "usual-reasons", "aria-label": f"{label}的退回原因"})
            self.fields[PREFIX + field] = forms.CharField(label=label, required=False, max_length=120, widget=widget)

    def field_reasons(self) -> dict[str, str]:
        """
        This function will give the reasons by field name.
        """
        return {field: self.cleaned_data[PREFIX + field] for field in rules.FIELDS}


class DecisionForm(forms.Form):
    """Approving or rejecting what was seen."""

    round = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="原因", required=False, max_length=300)
