"""Forms of the roster: they hand over what was typed; what it is worth is judged by the roster's own checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from django import forms

from huzhu.roster import operations as roster
from huzhu.roster.models import (
    EmploymentForm,
    EmploymentStatus,
    InsuranceRosterKind,
    JobCategory,
    RosterEntry,
)
from huzhu.roster.queries import NO_DEPARTMENT, RosterFilter
from huzhu.roster.typed import CHANGEABLE
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS

DAY_WORDS = {"invalid": "日期写法不对，请按 2026-07-01 填写。", "required": "请填写日期。"}
REASONS = ("核对参保资料", "核对社保或医保信息", "职工本人查询", "更正证件信息")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RosterFilterForm(forms.Form):
    """The filter bar; it stands in the address and holds nothing personal."""

    status = forms.ChoiceField(
        required=False, choices=[("all", "全部"), *EmploymentStatus.choices], widget=forms.HiddenInput
    )
    department = forms.ChoiceField(label="部门", required=False)
    job_category = forms.ChoiceField(
        label="岗位类别",
        required=False,
        choices=[("", "全部岗位类别"), *JobCategory.choices, (NO_DEPARTMENT, "未填岗位类别")],
    )
    employment_form = forms.ChoiceField(
        label="用工形式",
        required=False,
        choices=[("", "全部用工形式"), *EmploymentForm.choices, (NO_DEPARTMENT, "未填用工形式")],
    )

    def __init__(self, *args: Any, departments: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # the bar shows no labels; who cannot see it hears them
            field.widget.attrs["aria-label"] = field.label
        named = [(name, name) for name in departments]
        cast(forms.ChoiceField, self.fields["department"]).choices = [
            ("", "全部部门"),
            *named,
            (NO_DEPARTMENT, "未填部门"),
        ]

    def get_filter(self) -> RosterFilter:
        """What is asked for; what nobody can choose is left out. In service unless told otherwise."""
        self.is_valid()
        wanted = {key: value for key, value in self.cleaned_data.items() if value}
        status = wanted.pop("status", EmploymentStatus.IN_SERVICE)
        return RosterFilter(status="" if status == "all" else status, **wanted)


class DomainForm(forms.Form):
    """A form whose errors come from the operation."""

    def take(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Show the operation's sentences at the fields they are about."""
        for field, sentences in errors.items():
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


class ChangeForm(DomainForm):
    """What an employer may change about a known person."""

    name = forms.CharField(label="姓名", required=False, max_length=200)
    mobile = forms.CharField(
        label="手机号", required=False, max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    job_category = forms.ChoiceField(
        label="岗位类别",
        required=False,
        choices=[("", "未填"), *JobCategory.choices],
        help_text="女职工的法定退休年龄按岗位类别确定，请尽量填写。",
    )
    employment_form = forms.ChoiceField(
        label="用工形式", required=False, choices=[("", "未填"), *EmploymentForm.choices]
    )
    department = forms.CharField(label="部门", required=False, max_length=400)
    note = forms.CharField(label="备注", required=False, max_length=2000)
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def get_person(self) -> roster.Person:
        """What was typed."""
        return roster.Person(**{field: self.cleaned_data[field] for field in CHANGEABLE})

    @classmethod
    def get_initial(cls, entry: RosterEntry) -> dict[str, str]:
        """What stands in the roster now."""
        return {field: getattr(entry, field) for field in CHANGEABLE} | {"seen_at": entry.changed_at.isoformat()}


class PersonForm(DomainForm):
    """A person new to the roster."""

    name = forms.CharField(label="姓名", required=False, max_length=200)
    document_type = forms.ChoiceField(
        label="证件类型", choices=[(kind.code, kind.label) for kind in DOCUMENT_TYPES.values()], initial="resident_id"
    )
    document_number = forms.CharField(
        label="证件号码", required=False, max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    gender = forms.ChoiceField(
        label="性别",
        required=False,
        choices=[("", "按证件号码"), *GENDERS.items()],
        help_text="居民身份证和港澳台居民居住证可不填。",
    )
    born_on = forms.DateField(
        label="出生日期",
        required=False,
        widget=_day(),
        error_messages=DAY_WORDS,
        help_text="居民身份证和港澳台居民居住证可不填。",
    )
    mobile = forms.CharField(
        label="手机号", required=False, max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    job_category = forms.ChoiceField(
        label="岗位类别",
        required=False,
        choices=[("", "未填"), *JobCategory.choices],
        help_text="女职工的法定退休年龄按岗位类别确定。",
    )
    employment_form = forms.ChoiceField(
        label="用工形式", required=False, choices=[("", "未填"), *EmploymentForm.choices]
    )
    department = forms.CharField(label="部门", required=False, max_length=400)
    note = forms.CharField(label="备注", required=False, max_length=2000)

    def get_person(self) -> roster.Person:
        """What was typed."""
        given = dict(self.cleaned_data)
        born_on = given.pop("born_on")
        return roster.Person(**given, born_on=born_on.isoformat() if born_on else "")


class EndForm(DomainForm):
    """离职, 退休, 调出 with its day."""

    status = forms.ChoiceField(
        label="原因",
        choices=[choice for choice in EmploymentStatus.choices if choice[0] != EmploymentStatus.IN_SERVICE],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择离职、退休或调出。"},
    )
    on = forms.DateField(label="日期", widget=_day(), error_messages=DAY_WORDS)


class ReasonForm(DomainForm):
    """Why a full number is looked at."""

    reason = forms.ChoiceField(
        label="查看原因",
        choices=[("", "请选择原因"), *((reason, reason) for reason in REASONS)],
        error_messages={"required": "请选择查看原因。"},
    )


class ExportForm(DomainForm):
    """What an export holds, and why."""

    with_numbers = forms.BooleanField(label="包含完整证件号码和出生日期", required=False)
    reason = forms.CharField(label="用途", required=False, max_length=200)


class ImportForm(forms.Form):
    """One roster file, and what becomes of the good rows when others are bad."""

    mode = forms.ChoiceField(
        label="有错误时",
        choices=[("good", "只导入正确的行"), ("all", "全部正确才导入")],
        initial="good",
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label="名册文件",
        error_messages={"required": "请选择要上传的名册文件。", "empty": "文件是空的，请确认导出成功后重新选择。"},
    )


class InsuranceForm(forms.Form):
    """One month's 社保 or 省直医保 list."""

    kind = forms.ChoiceField(
        label="名单种类",
        choices=InsuranceRosterKind.choices,
        initial=InsuranceRosterKind.SOCIAL,
        widget=forms.RadioSelect,
    )
    month = forms.DateField(
        label="月份",
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        error_messages={"invalid": "月份写法不对，请按 2026-07 填写。", "required": "请选择名单的月份。"},
    )
    file = forms.FileField(
        label="名单文件",
        error_messages={"required": "请选择要上传的名单文件。", "empty": "文件是空的，请确认导出成功后重新选择。"},
    )

    @staticmethod
    def get_initial(today: date) -> dict[str, object]:
        """The current month."""
        return {"month": today.replace(day=1)}
