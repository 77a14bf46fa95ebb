"""The form of 历史保单绑定."""

from __future__ import annotations

from django import forms


class BindForm(forms.Form):
    """Which old policy, and why it is the employer's."""

    number = forms.CharField(
        label="历史保单号",
        max_length=60,
        error_messages={"required": "请填写历史保单号，见旧保单首页。"},
        widget=forms.TextInput(attrs={"class": "code-input", "autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="说明", required=False, max_length=300, help_text="例如单位更名、合并前由哪家单位投保。"
    )
