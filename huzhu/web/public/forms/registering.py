"""Forms of registration and of asking to join. They read what was typed; the operation judges it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from huzhu.accounts import queries as accounts
from huzhu.accounts.models import BranchLevel
from huzhu.employers.models import Registration
from huzhu.employers.operations import Entry
from huzhu.shared.identity import names
from huzhu.web.employer_facts import EmployerFactsForm, judged

INDENTS = {BranchLevel.PROVINCE: "", BranchLevel.CITY: "　", BranchLevel.COUNTY: "　　"}


class RegistrationForm(EmployerFactsForm):
    """What is asked of an employer (rulebook §2.1). The handler's mobile was proven before and is not asked again."""

    branch = forms.ChoiceField(label="所属代办处", help_text="办理本单位参保业务的互助会机构。")
    handler_name = forms.CharField(label="经办人姓名", max_length=80, help_text="用于业务联系和接收通知短信。")
    certificate = forms.FileField(label="统一社会信用代码证影像", required=False)

    def __init__(self, *args: Any, registration: Registration | None = None, **kwargs: Any) -> None:
        if registration:
            kwargs["initial"] = _initial(registration) | kwargs.get("initial", {})
        super().__init__(*args, known_document=registration.legal_document_masked if registration else "", **kwargs)
        branches = [(branch.pk, INDENTS[branch.level] + branch.name) for branch in accounts.get_branches()]
        self.fields["branch"].choices = [("", "请选择"), *branches]
        self.fields["branch"].error_messages["required"] = "请选择所属代办处。"

    def clean_handler_name(self) -> str:
        """
        :raises ValidationError: if it can be no name
        """
        return judged(names.check_name, self.cleaned_data["handler_name"])

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


def _initial(registration: Registration) -> dict[str, Any]:
    same = (
        "credit_code name kind address headcount women_headcount legal_representative legal_document_type handler_name"
    )
    return {field: getattr(registration, field) for field in same.split()} | {"branch": registration.branch_id}
