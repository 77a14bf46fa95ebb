"""Forms of the registrar's desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db import models

from huzhu.accounts import queries as accounts
from huzhu.cover.states import BindingState
from huzhu.employers import rules
from huzhu.employers.models import ChangeRequest
from huzhu.employers.states import ChangeState, HandOverState, RegistrationState
from huzhu.shared.actors import Actor

PREFIX = "reason_"


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


class OfEmployersFilter(forms.Form):
    """What about employers a list shows: by state and by employer."""

    state = forms.ChoiceField(label="状态", required=False)
    words = forms.CharField(
        label="单位名称或信用代码", required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    states: ClassVar[type[models.TextChoices]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", "全部状态"), *self.states.choices]


class HandOverFilter(OfEmployersFilter):
    """Which changes of handler the list shows."""

    states = HandOverState


class ChangeFilter(OfEmployersFilter):
    """Which changes of employers' facts the list shows."""

    states = ChangeState


class BindingFilter(forms.Form):
    """Which bindings of old policies the list shows."""

    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *BindingState.choices])


class ReasonForm(forms.Form):
    """Why something is refused."""

    reason = forms.CharField(label="原因", required=False, max_length=300)


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


class ChangeReturnForm(forms.Form):
    """One reason per changed field, and one for the whole."""

    round = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="总体说明", required=False, max_length=300)

    def __init__(self, *args: Any, change: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.changed = [field for field in rules.FIELDS if field in change.changes]
        for field in self.changed:
            label = rules.FIELDS[field]
            widget = forms.TextInput(attrs={"list": "usual-reasons", "aria-label": f"{label}的退回原因"})
            self.fields[PREFIX + field] = forms.CharField(label=label, required=False, max_length=120, widget=widget)

    def reason_for(self, field: str) -> forms.BoundField | None:
        """Where the reason of a field is written; None where a field is returned with another."""
        return self[PREFIX + field] if field in self.changed else None

    def field_reasons(self) -> dict[str, str]:
        """
        This function will give the reasons by field name.
        """
        return {field: self.cleaned_data[PREFIX + field] for field in self.changed}


class DecisionForm(forms.Form):
    """Approving or rejecting what was seen."""

    round = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="原因", required=False, max_length=300)
