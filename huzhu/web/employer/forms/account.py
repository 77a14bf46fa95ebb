"""Forms of 单位信息管理."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from huzhu.accounts.roles import EmployerRole
from huzhu.employers import rules
from huzhu.employers.models import ChangeRequest, Employer
from huzhu.employers.operations import Wanted
from huzhu.web.employer_facts import EmployerFactsForm


class RolesForm(forms.Form):
    """What somebody may do in the account."""

    roles = forms.MultipleChoiceField(
        label="角色",
        choices=EmployerRole.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个角色。"},
    )


class InviteForm(RolesForm):
    """Whom to invite, and as what."""

    field_order = ["mobile", "name", "roles"]

    mobile = forms.CharField(
        label="手机号",
        max_length=20,
        help_text="邀请短信发送到这个号码，也是对方的登录名。",
        error_messages={"required": "请填写被邀请人的手机号。"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "placeholder": "11位手机号"}),
    )
    name = forms.CharField(label="姓名", max_length=80, error_messages={"required": "请填写被邀请人的姓名。"})


LEAVES = [("True", "离开本单位账号"), ("False", "留在账号中，保留现有角色")]


class OfferForm(forms.Form):
    """The successor the present handler names."""

    mobile = forms.CharField(
        label="接任人手机号",
        max_length=20,
        help_text="可以是账号成员，也可以是还没有账号的同事；对方凭短信确认。",
        error_messages={"required": "请填写接任人的手机号。"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "placeholder": "11位手机号"}),
    )
    name = forms.CharField(label="接任人姓名", max_length=80, error_messages={"required": "请填写接任人的姓名。"})
    former_leaves = forms.TypedChoiceField(
        label="交接后，您本人",
        choices=LEAVES,
        coerce=lambda text: text == "True",
        widget=forms.RadioSelect,
        initial="True",
        error_messages={"required": "请选择交接后您是否留在账号中。"},
    )


class HandOverByFormForm(forms.Form):
    """Which member becomes the handler, and the stamped form."""

    mobile = forms.ChoiceField(label="新经办人", error_messages={"required": "请选择新经办人。"})
    former_leaves = forms.TypedChoiceField(
        label="变更后，原经办人",
        choices=LEAVES,
        coerce=lambda text: text == "True",
        widget=forms.RadioSelect,
        initial="True",
        error_messages={"required": "请选择原经办人是否留在账号中。"},
    )
    form = forms.FileField(
        label="盖章变更申请表", error_messages={"required": "请上传加盖公章的变更申请表照片或扫描件。"}
    )

    def __init__(self, *args: Any, members: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mobile"].choices = [("", "请选择"), *members]


class ChangeForm(EmployerFactsForm):
    """The employer's facts as they are to be; begins with what is in force, or with what was returned."""

    note = forms.CharField(
        label="变更说明",
        required=False,
        max_length=300,
        help_text="例如更名、迁址、换发证书的时间。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    certificate = forms.FileField(label="统一社会信用代码证影像", required=False)

    def __init__(self, *args: Any, employer: Employer, change: ChangeRequest | None = None, **kwargs: Any) -> None:
        facts = {field: getattr(employer, field) for field in rules.CHANGEABLE}
        if change:
            facts |= {field: new for field, (_, new) in change.changes.items() if field in rules.CHANGEABLE}
            facts["note"] = change.note
        kwargs["initial"] = facts | kwargs.get("initial", {})
        super().__init__(*args, known_document=employer.legal_document_masked or "—", **kwargs)

    def wanted(self, *, certificate_id: UUID | None) -> Wanted:
        """
        This function will hand over the cleaned fields as the operation wants them.
        """
        given = dict(self.cleaned_data)
        given.pop("certificate")
        return Wanted(**given, certificate_id=certificate_id)


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
