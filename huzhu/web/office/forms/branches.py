"""Forms of 机构."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.accounts import queries as accounts
from huzhu.accounts.models import Branch, BranchLevel
from huzhu.shared.actors import Actor

INDENTS = {BranchLevel.PROVINCE: "", BranchLevel.CITY: "　", BranchLevel.COUNTY: "　　"}


def get_branch_choices(actor: Actor, *, levels: set[str] | None = None) -> list[tuple[int, str]]:
    """The open branches of the actor's subtree, indented like the tree."""
    return [
        (branch.pk, INDENTS[BranchLevel(branch.level)] + branch.name)
        for branch in accounts.get_branches(actor=actor)
        if levels is None or branch.level in levels
    ]


class BranchFilter(forms.Form):
    """What the tree shows."""

    words = forms.CharField(
        label="名称或编码", required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    closed = forms.BooleanField(label="含已停用", required=False)


class WordsForm(forms.Form):
    """An office's name and code."""

    name = forms.CharField(label="机构名称", max_length=80, help_text="如：越秀区代办点。")
    code = forms.CharField(label="机构编码", max_length=20, help_text="一般用行政区划代码，如：440104。")


class NewBranchForm(WordsForm):
    """A new office below one of the own subtree; its level follows from the parent's."""

    parent = forms.TypedChoiceField(label="上级机构", coerce=int, help_text="省下设市，市下设县（区）。")
    field_order = ("parent", "name", "code")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        above = get_branch_choices(actor, levels={BranchLevel.PROVINCE, BranchLevel.CITY})
        self.fields["parent"].choices = [("", "请选择"), *above]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class MoveForm(ReasonForm):
    """Another parent of the same level."""

    parent = forms.TypedChoiceField(label="移到", coerce=int)
    field_order = ("parent", "reason")

    def __init__(self, *args: Any, actor: Actor, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level = branch.parent.level if branch.parent else ""
        others = [choice for choice in get_branch_choices(actor, levels={level}) if choice[0] != branch.parent_id]
        self.fields["parent"].choices = [("", "请选择"), *others]
