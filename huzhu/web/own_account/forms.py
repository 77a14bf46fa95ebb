"""Forms of the own account."""

from __future__ import annotations

from django import forms

from huzhu.web.public.forms.signing_in import PasswordForm


class ChangePasswordForm(PasswordForm):
    """The current password, and a new one twice."""

    current = forms.CharField(
        label="当前密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["current", "password", "again"]
