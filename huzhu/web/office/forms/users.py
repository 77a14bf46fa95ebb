"""Forms of 用户."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.shared.actors import Actor
from huzhu.shared.identity import mobile as mobiles
from huzhu.web.office.forms.branches import ReasonForm, get_branch_choices

STATES = [("", "全部状态"), ("active", "在用"), ("no_role", "在用，未授角色"), ("disabled", "已停用")]


def _check(mobile: str) -> str:
    try:
        return mobiles.check_mobile(mobile)
    except mobiles.MobileRefused as error:
        raise forms.ValidationError(f"{error.message}。{error.remedy}。") from error


class UserFilter(forms.Form):
    """What stands in the address: nothing personal."""

    branch = forms.TypedChoiceField(label="机构", required=False, coerce=int, empty_value=None)
    role = forms.ChoiceField(label="角色", required=False, choices=[("", "全部角色"), *StaffRole.choices])
    state = forms.ChoiceField(label="状态", required=False, choices=STATES)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].choices = [("", "全部机构"), *get_branch_choices(actor)]


class PlaceForm(forms.Form):
    """A branch of the own subtree."""

    branch = forms.TypedChoiceField(label="所属机构", coerce=int)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].choices = [("", "请选择"), *get_branch_choices(actor)]


class NewUserForm(PlaceForm):
    """A new staff account."""

    name = forms.CharField(label="姓名", max_length=80)
    login_name = forms.CharField(
        label="登录名", max_length=40, help_text="小写字母开头，可用数字和 . _ -，如：wang.fang。开通后不能更改。"
    )
    mobile = forms.CharField(
        label="手机号", max_length=20, help_text="本人使用的手机号，用于设置密码。一人只开一个账号。"
    )
    field_order = ("name", "login_name", "mobile", "branch")

    def clean_mobile(self) -> str:
        """A mobile of this country."""
        return _check(self.cleaned_data["mobile"])


class PersonForm(ReasonForm):
    """Another name, or another mobile of the same person; the present one is shown masked only."""

    name = forms.CharField(label="姓名", max_length=80)
    mobile = forms.CharField(label="新手机号", max_length=20, required=False)
    field_order = ("name", "mobile", "reason")

    def __init__(self, *args: Any, post: StaffPost, **kwargs: Any) -> None:
        super().__init__(*args, initial={"name": post.user.name}, **kwargs)
        present = mobiles.masked_mobile(post.user.mobile)
        self.fields[
            "mobile"
        ].help_text = f"现为 {present}，不变请留空。须先核实是本人的手机号：登录和重设密码的验证码将发往新号。"

    def clean_mobile(self) -> str:
        """A mobile of this country, or nothing."""
        return _check(self.cleaned_data["mobile"]) if self.cleaned_data["mobile"].strip() else ""


class MovePlaceForm(PlaceForm, ReasonForm):
    """Another branch, and why."""

    field_order = ("branch", "reason")


class RolesForm(ReasonForm):
    """Exactly these roles, and why."""

    roles = forms.MultipleChoiceField(
        label="角色",
        required=False,
        choices=StaffRole.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="系统管理员、安全管理员、审计员三者互斥，也不能兼任业务角色。全部不选即收回所有角色。",
    )
    field_order = ("roles", "reason")
