"""工作台: filters, passing on, copies, deputies."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from huzhu.accounts.models import StaffPost
from huzhu.journeys.decide_in_bulk import Chosen

CLAIMS = (("", "不限认领"), ("free", "未认领"), ("mine", "我认领的"), ("others", "同事认领的"))
AGES = (("", "不限时限"), ("late", "已逾期"), ("today", "今天到期"))


class WorkFilter(forms.Form):
    """Which part of 待办 is shown."""

    kind = forms.ChoiceField(label="事项", required=False)
    claim = forms.ChoiceField(label="认领", required=False, choices=CLAIMS)
    age = forms.ChoiceField(label="办理期限", required=False, choices=AGES)

    def __init__(self, *args: object, kinds: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "全部事项"), *kinds]
        for field in self.fields.values():  # their first choices say what they are; screen readers need the name too
            field.widget.attrs["aria-label"] = field.label


class PassOnForm(forms.Form):
    """To whom, and a note."""

    to = forms.ChoiceField(label="转交给", error_messages={"required": "请选择转交给哪位同事。"})
    note = forms.CharField(label="留言", required=False, max_length=200)

    def __init__(self, *args: object, colleagues: Iterable[StaffPost], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "请选择同事"), *tell(colleagues)]


class CopyForm(forms.Form):
    """To whom, and a note."""

    to = forms.MultipleChoiceField(
        label="抄送给",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选择抄送给谁。", "invalid_choice": "所选人员不在可抄送的同事之列，请重新选择。"},
    )
    note = forms.CharField(label="留言", required=False, max_length=200)

    def __init__(self, *args: object, colleagues: Iterable[StaffPost], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = tell(colleagues)


class DeputyForm(forms.Form):
    """Who stands in for whom, from day to day."""

    principal = forms.ChoiceField(label="被代理人", error_messages={"required": "请选择被代理人。"})
    deputy = forms.ChoiceField(label="代理人", error_messages={"required": "请选择代理人。"})
    first_on = forms.DateField(
        label="开始日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写开始日期。", "invalid": "开始日期请按 2026-07-01 的格式填写。"},
    )
    last_on = forms.DateField(
        label="结束日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写结束日期。", "invalid": "结束日期请按 2026-07-01 的格式填写。"},
    )
    reason = forms.CharField(label="原因", required=False, max_length=200)

    def __init__(
        self, *args: object, principals: Iterable[StaffPost], colleagues: Iterable[StaffPost], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["principal"].choices = tell(principals)
        self.fields["deputy"].choices = [("", "请选择代理人"), *tell(colleagues)]


def tell(posts: Iterable[StaffPost]) -> list[tuple[str, str]]:
    """Colleagues as choices: the name, the branch and what they do."""
    return [
        (str(post.user_id), f"{post.user.name}（{post.branch.name}，{'、'.join(post.get_role_names())}）")
        for post in posts
    ]


def read_rows(values: Iterable[str]) -> list[Chosen]:
    """The ticked rows; what is none is left out."""
    rows = []
    for value in values:
        kind, _, rest = value.partition(":")
        record_id, _, since = rest.partition(":")
        if kind and record_id.isascii() and record_id.isdecimal():
            rows.append(Chosen(kind=kind, record_id=int(record_id[:18]), since=since))
    return rows
