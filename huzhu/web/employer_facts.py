"""What is asked about an employer, at its registration and when it asks for a change; read here, judged by the operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from huzhu.employers import rules
from huzhu.employers.code_lists import EMPLOYER_KINDS
from huzhu.shared.identity import credit_code as credit_codes
from huzhu.shared.identity import names
from huzhu.shared.identity.document_types import DOCUMENT_TYPES
from huzhu.web.presenters.code_lists import offer


class EmployerFactsForm(forms.Form):
    """The facts of rulebook §2.1 that stand on certificates and in the books. An empty kind follows from the credit code."""

    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        help_text="18位，见证书正面。",
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "class": "code-input"}),
    )
    name = forms.CharField(label="单位名称", max_length=200, help_text="与证书一致的全称。")
    kind = forms.ChoiceField(
        label="单位性质", required=False, choices=offer(EMPLOYER_KINDS, ("", "按信用代码自动判断"))
    )
    address = forms.CharField(label="单位联系地址", max_length=200)
    headcount = forms.IntegerField(
        label="在职职工人数", help_text="用于核对参保比例。", widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    women_headcount = forms.IntegerField(label="其中女职工人数", widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    legal_representative = forms.CharField(label="法定代表人姓名", max_length=80)
    legal_document_type = forms.ChoiceField(
        label="法定代表人证件类型", choices=[(code, kind.label) for code, kind in DOCUMENT_TYPES.items()]
    )
    legal_document = forms.CharField(
        label="法定代表人证件号码", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, known_document: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for label, field in ((f.label, f) for f in self.fields.values()):
            field.error_messages["required"] = f"请填写{label}。"
        for name in ("headcount", "women_headcount"):
            self.fields[name].error_messages["invalid"] = "请填写整数，例如 120。"
        if known_document:
            self.fields["legal_document"].required = False
            self.fields["legal_document"].help_text = f"已填 {known_document}，不修改可留空。"

    def clean_credit_code(self) -> str:
        """
        :raises ValidationError: if it is no credit code
        """
        return judged(credit_codes.check_credit_code, self.cleaned_data["credit_code"])

    def clean_legal_representative(self) -> str:
        """
        :raises ValidationError: if it can be no name
        """
        return judged(names.check_name, self.cleaned_data["legal_representative"])

    def clean(self) -> dict[str, Any]:
        """
        The rules that need no register, told together with everything else.
        """
        given = super().clean()
        asked = ("name", "address", "headcount", "women_headcount")
        for field, words in rules.entry_problems(**{name: given.get(name) for name in asked}).items():
            self.add_error(field, words)
        return given


def judged(check: Callable[[str], object], typed: str) -> str:
    """
    What one rule of the operation says, told together with the form's own findings rather than after them.

    :raises ValidationError: if the rule refuses
    """
    try:
        return str(check(typed))
    except ValueError as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
