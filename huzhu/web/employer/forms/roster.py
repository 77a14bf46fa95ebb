"""Forms of the roster: they hand over what was typed; what it is worth is judged by the roster's own checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms

from huzhu.roster import operations as roster
from huzhu.roster.models import EmploymentForm, EmploymentStatus, JobCategory, RosterEntry
from huzhu.roster.problems import PROBLEMS
from huzhu.roster.queries import NO_DEPARTMENT, Facets, RosterFilter
from huzhu.roster.typed import CHANGEABLE, STATED, get_stated
from huzhu.shared.identity.documents import DOCUMENT_TYPES, GENDERS

DAY_WORDS = {"invalid": "日期写法不对，请按 2026-07-01 填写。", "required": "请填写日期。"}
EMPTIED = "-"


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RosterFilterForm(forms.Form):
    """
    The filter bar; it stands in the address and holds nothing personal. Choices carry how many of the list's status have them.

    A department nobody has any more, of an old page or bookmark, stays chosen and fits nobody: dropped, it would show everybody.
    """

    status = forms.ChoiceField(
        required=False, choices=[("all", "全部"), *EmploymentStatus.choices], widget=forms.HiddenInput
    )
    problem = forms.ChoiceField(required=False, choices=[("", ""), *PROBLEMS.items()], widget=forms.HiddenInput)
    department = forms.ChoiceField(label="部门", required=False)
    job_category = forms.ChoiceField(label="岗位类别", required=False)
    employment_form = forms.ChoiceField(label="用工形式", required=False)

    def __init__(self, *args: Any, facets: Facets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facets = facets
        asked = self.data.get("department", "")[:100]
        gone = [asked] if asked.isprintable() and asked not in ("", NO_DEPARTMENT, *facets.department) else []
        known = {
            "department": [(name, name) for name in [*facets.department, *gone] if name],
            "job_category": JobCategory.choices,
            "employment_form": EmploymentForm.choices,
        }
        for name, choices in known.items():
            field = cast(forms.ChoiceField, self.fields[name])
            field.widget.attrs["aria-label"] = field.label  # the bar shows no labels; who cannot see it hears them
            counts = getattr(facets, name)
            field.choices = [("", f"全部{field.label}")] + [
                (value, f"{label}（{counts.get('' if value == NO_DEPARTMENT else value, 0):,}）")
                for value, label in [*choices, (NO_DEPARTMENT, f"未填{field.label}")]
            ]

    @staticmethod
    def get_status(asked: Mapping[str, str]) -> str:
        """The status of the list: in service unless told otherwise, empty for all."""
        status = asked.get("status", "")
        return "" if status == "all" else status if status in EmploymentStatus.values else EmploymentStatus.IN_SERVICE

    def get_filter(self) -> RosterFilter:
        """What is asked for; what nobody can choose is left out."""
        self.is_valid()
        wanted = {key: value for key, value in self.cleaned_data.items() if value and key != "status"}
        return RosterFilter(status=self.get_status(self.data), **wanted)


class DomainForm(forms.Form):
    """A form whose errors come from the operation."""

    def take(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Show the operation's sentences at the fields they are about."""
        for field, sentences in errors.items():
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


class ChangeForm(DomainForm):
    """
    What an employer may change about a known person.

    :param document_type: gender and birthday stand here where its numbers do not tell them; without it, neither
    """

    name = forms.CharField(label="姓名", required=False, max_length=200)
    gender = forms.ChoiceField(label="性别", choices=[*GENDERS.items()], error_messages={"required": "请选择性别。"})
    born_on = forms.DateField(
        label="出生日期", widget=_day(), error_messages=DAY_WORDS | {"required": "请按证件填写出生日期。"}
    )
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

    def __init__(self, *args: Any, document_type: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stated_fields = get_stated(document_type) if document_type else ()
        for name in STATED:
            if name not in self.stated_fields:
                del self.fields[name]

    @property
    def stated(self) -> list[forms.BoundField]:
        """The fields of what the document does not tell."""
        return [self[name] for name in self.stated_fields]

    def get_person(self) -> roster.Person:
        """What was typed."""
        fields = (*CHANGEABLE, *self.stated_fields)
        return roster.Person(**{field: str(self.cleaned_data[field]) for field in fields})

    @classmethod
    def get_initial(cls, entry: RosterEntry) -> dict[str, Any]:
        """What stands in the roster now."""
        return {field: getattr(entry, field) for field in (*CHANGEABLE, *STATED)} | {
            "seen_at": entry.changed_at.isoformat()
        }


class RowForm(ChangeForm):
    """The same inside a row of the list; its controls belong to a form in the row's last cell."""

    note = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, entry_id: int, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"row-{entry_id}-%s", **kwargs)
        for field in self.fields.values():
            field.help_text = ""
            field.widget.attrs |= {"form": f"row-{entry_id}"}
            if field.label:
                field.widget.attrs["aria-label"] = field.label
        self.fields["name"].widget.attrs["autofocus"] = True


class BulkSetForm(DomainForm):
    """One thing the chosen people get in common."""

    field = forms.ChoiceField(
        label="设置",
        choices=list(roster.BULK_FIELDS.items()),
        widget=forms.RadioSelect,
        initial="department",
        error_messages={"required": "请选择要设置的内容。"},
    )
    department = forms.CharField(label="部门", required=False, max_length=400)
    job_category = forms.ChoiceField(
        label="岗位类别", required=False, choices=[("", "请选择"), *JobCategory.choices, (EMPTIED, "清空，改为未填")]
    )
    employment_form = forms.ChoiceField(
        label="用工形式", required=False, choices=[("", "请选择"), *EmploymentForm.choices, (EMPTIED, "清空，改为未填")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="set", use_required_attribute=False, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = "bulk"
        for name in roster.BULK_FIELDS:  # the words beside them name the choice, not the control
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label
        self.fields["department"].widget.attrs["list"] = "departments"

    def clean(self) -> dict[str, Any]:
        """Nothing typed is an oversight, not a wish to empty something for many people."""
        given = super().clean() or self.cleaned_data
        chosen = given.get("field", "")
        if chosen and chosen not in self.errors and not given.get(chosen):
            self.add_error(
                chosen, f"请{'填写' if chosen == 'department' else '选择'}要设置的{self.fields[chosen].label}。"
            )
        return given

    def get_value(self) -> str:
        """What the chosen people get."""
        value = self.cleaned_data[self.cleaned_data["field"]]
        return "" if value == EMPTIED else value


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
    joined_on = forms.DateField(
        label="入册日期",
        required=False,
        widget=_day(),
        error_messages=DAY_WORDS,
        help_text="实际入职的日期，不填为今天；曾离开本单位的，从这一天起重新在职。",
    )
    note = forms.CharField(label="备注", required=False, max_length=2000)

    def get_person(self) -> roster.Person:
        """What was typed."""
        given = {key: value for key, value in self.cleaned_data.items() if key != "joined_on"}
        born_on = given.pop("born_on")
        return roster.Person(**given, born_on=born_on.isoformat() if born_on else "")


class DocumentForm(DomainForm):
    """Another document for a known person."""

    kind = forms.ChoiceField(
        label="办理",
        choices=[("new", "换发了新证件（如通行证换居住证、护照换发）"), ("wrong", "更正号码（原来录入有误）")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择是换发了新证件，还是更正录入错误的号码。"},
    )
    document_type = forms.ChoiceField(
        label="证件类型", choices=[(kind.code, kind.label) for kind in DOCUMENT_TYPES.values()]
    )
    document_number = forms.CharField(
        label="证件号码", required=False, max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    gender = forms.ChoiceField(
        label="性别",
        required=False,
        choices=[("", "按证件号码"), *GENDERS.items()],
        help_text="证件号码不含性别的须选择。",
    )
    born_on = forms.DateField(
        label="出生日期",
        required=False,
        widget=_day(),
        error_messages=DAY_WORDS,
        help_text="证件号码不含出生日期的须填写。",
    )
    reason = forms.CharField(label="原因", required=False, max_length=200)
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def get_document(self) -> roster.NewDocument:
        """What was typed."""
        born_on = self.cleaned_data["born_on"]
        return roster.NewDocument(
            document_type=self.cleaned_data["document_type"],
            document_number=self.cleaned_data["document_number"],
            gender=self.cleaned_data["gender"],
            born_on=born_on.isoformat() if born_on else "",
        )


class EndForm(DomainForm):
    """离职, 退休, 调出 with its day."""

    status = forms.ChoiceField(
        label="原因",
        choices=[choice for choice in EmploymentStatus.choices if choice[0] != EmploymentStatus.IN_SERVICE],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择离职、退休或调出。"},
    )
    on = forms.DateField(label="日期", widget=_day(), error_messages=DAY_WORDS)


class JoinedForm(DomainForm):
    """The first day in service, corrected."""

    joined_on = forms.DateField(label="入册日期", widget=_day(), error_messages=DAY_WORDS)


class BulkEndForm(EndForm):
    """The same for many people, in a dialog of its own."""

    def __init__(self, *args: Any, form_id: str = "bulk", **kwargs: Any) -> None:
        super().__init__(*args, prefix="end", use_required_attribute=False, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = form_id


class ExportForm(DomainForm):
    """What an export holds, and why."""

    with_numbers = forms.BooleanField(label="包含完整证件号码和出生日期", required=False)
    as_template = forms.BooleanField(label="做成可再次导入的模板（带出现有名册）", required=False)
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
