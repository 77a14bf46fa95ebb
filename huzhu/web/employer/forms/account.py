"""Forms of 单位信息管理."""

from __future__ import annotations

from django import forms

from huzhu.accounts.roles import EmployerRole


class RolesForm(forms.Form):
    """What somebody may do in the account."""

    roles = forms.MultipleChoiceField(
        label="角色",
        choices=EmployerRole.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个角色。"},
    )


class LinkForm(forms.Form):
    """Which employer to link with, and which way up."""

    credit_code = forms.CharField(
        label="对方单位统一社会信用代码", max_length=40, widget=forms.TextInput(attrs={"class": "code-input"})
    )
    direction = forms.ChoiceField(
        label="关系",
        choices=[("down", "对方是本单位的下属单位"), ("up", "对方是本单位的集团总公司")],
        widget=forms.RadioSelect,
        initial="down",
        error_messages={"required": "请选择对方是上级还是下级。"},
    )
