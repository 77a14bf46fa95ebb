"""Forms of registration and of asking to join. They read what was typed; the operation judges it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms

from huzhu.accounts import queries as accounts
from huzhu.accounts.models import BranchLevel
from huzhu.employers import rules
from huzhu.employers.models import EmployerKind, Registration
from huzhu.employers.operations import Entry
from huzhu.shared.identity import credit_code as credit_codes
from huzhu.shared.identity import names
from huzhu.shared.identity.document_types import DOCUMENT_TYPES

INDENTS = {BranchLevel.PROVINCE: "", BranchLevel.CITY: "　", BranchLevel.COUNTY: "　　"}


class RegistrationForm(forms.Form):
    """What is asked of an employer (rulebook §2.1). The handler's mobile was proven before and is not asked again."""

    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        help_text="18位，见证书正面。",
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "class": "code-input"}),
    )
    name = forms.CharField(label="单位名称", max_length=200, help_text="与证书一致的全称。")
    kind = forms.ChoiceField(label="单位性质", choices=[("", "请选择"), *EmployerKind.choices])
    branch = forms.ChoiceField(label="所属代办处", help_text="办理本单位参保业务的互助会机构。")
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
    handler_name = forms.CharField(label="经办人姓名", max_length=80, help_text="用于业务联系和接收通知短信。")
    certificate = forms.FileField(label="统一社会信用代码证影像", required=False)

    def __init__(self, *args: Any, registration: Registration | None = None, **kwargs: Any) -> None:
        if registration:
            kwargs["initial"] = _initial(registration) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        branches = [(branch.pk, INDENTS[branch.level] + branch.name) for branch in accounts.get_branches()]
        self.fields["branch"].choices = [("", "请选择"), *branches]
        for label, field in ((f.label, f) for f in self.fields.values()):
            field.error_messages["required"] = f"请填写{label}。"
        for name in ("kind", "branch"):
            self.fields[name].error_messages["required"] = f"请选择{self.fields[name].label}。"
        for name in ("headcount", "women_headcount"):
            self.fields[name].error_messages["invalid"] = "请填写整数，例如 120。"
        if registration and registration.legal_document_masked:
            self.fields["legal_document"].required = False
            self.fields["legal_document"].help_text = f"已填 {registration.legal_document_masked}，不修改可留空。"

    def clean_credit_code(self) -> str:
        """
        :raises ValidationError: if it is no credit code
        """
        return _judged(credit_codes.check_credit_code, self.cleaned_data["credit_code"])

    def clean_legal_representative(self) -> str:
        """
        :raises ValidationError: if it can be no name
        """
        return _judged(names.check_name, self.cleaned_data["legal_representative"])

    def clean_handler_name(self) -> str:
        """
        :raises ValidationError: if it can be no name
        """
        return _judged(names.check_name, self.cleaned_data["handler_name"])

    def clean(self) -> dict[str, Any]:
        """
        The rules that need no register, told together with everything else.
        """
        given = super().clean()
        asked = ("name", "address", "headcount", "women_headcount")
        for field, words in rules.entry_problems(**{name: given.get(name) for name in asked}).items():
            self.add_error(field, words)
        return given

    def entry(self, *, certificate_id: UUID) -> Entry:
        """
        This function will hand over the cleaned fields as the operation wants them.
        """
        given = dict(self.cleaned_data)
        given.pop("certificate")
        return Entry(**given | {"branch_id": int(given.pop("branch"))}, certificate_id=certificate_id)


class JoinForm(forms.Form):
    """Whom to join and who asks."""

    credit_code = forms.CharField(
        label="单位统一社会信用代码", max_length=40, widget=forms.TextInput(attrs={"class": "code-input"})
    )
    name = forms.CharField(label="您的姓名", max_length=80)
    note = forms.CharField(label="说明", max_length=200, required=False, help_text="例如所在部门，便于单位管理员确认。")


class SealedFormForm(forms.Form):
    """The stamped form of a change of handler, as a picture or PDF."""

    form = forms.FileField(
        label="盖章变更申请表", error_messages={"required": "请上传加盖公章的变更申请表照片或扫描件。"}
    )


class HandOverForm(SealedFormForm):
    """Which employer, and who becomes its handler; the mobile was proven before and is not asked again."""

    field_order = ["credit_code", "name", "form"]

    credit_code = forms.CharField(
        label="单位统一社会信用代码", max_length=40, widget=forms.TextInput(attrs={"class": "code-input"})
    )
    name = forms.CharField(label="新经办人姓名", max_length=80, help_text="与申请表一致。")


def _judged(check: Callable[[str], object], typed: str) -> str:
    """What one rule of the operation says, told together with the form's own findings rather than after them."""
    try:
        return str(check(typed))
    except ValueError as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


def _initial(registration: Registration) -> dict[str, Any]:
    same = (
        "credit_code name kind address headcount women_headcount legal_representative legal_document_type handler_name"
    )
    return {field: getattr(registration, field) for field in same.split()} | {"branch": registration.branch_id}
