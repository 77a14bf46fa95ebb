"""Forms of signing in and of passwords."""

from __future__ import annotations

from django import forms

from huzhu.accounts import passwords

_OFF = {"autocapitalize": "off", "autocorrect": "off", "spellcheck": "false"}


class SignInForm(forms.Form):
    """Login name and password; nothing about them is told before both are checked."""

    login_name = forms.CharField(
        label="手机号", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "username", **_OFF})
    )
    password = forms.CharField(
        label="密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SecondFactorForm(forms.Form):
    """Six digits from an authenticator or a text message."""

    token = forms.CharField(
        label="6位数字",
        max_length=14,
        error_messages={"required": "请填写6位数字。"},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "class": "digits"}
        ),
    )


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label="新密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再输入一次",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = passwords.get_advice()

    def clean(self) -> dict:
        """
        :raises ValidationError: if the two differ
        """
        given = super().clean()
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", "两次输入的密码不一致，请重新输入。")
        return given
