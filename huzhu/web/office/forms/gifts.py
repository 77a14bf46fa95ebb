"""The form of a campaign: it checks input and hands over figures; it saves nothing."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from huzhu.employers.models import EmployerKind
from huzhu.gifts import queries
from huzhu.gifts.models import GiftCampaign
from huzhu.gifts.operations import FIGURES
from huzhu.gifts.rules import QuotaLine
from huzhu.gifts.states import CampaignKind, Once
from huzhu.plans.models import Gender, Plan
from huzhu.roster.models import JobCategory
from huzhu.shared.actors import Actor
from huzhu.web.office.forms.branches import get_branch_choices

QUOTA = re.compile(r"^([0-9A-Za-z]+)[\s:：,，]+([0-9]{1,8})$")
DAY_WORDS = {"invalid": "日期写法不对，请按 2026-07-01 填写。", "required": "请填写日期。"}
AMOUNT_WORDS = {"invalid": "请填写金额，如 80.00。", "required": "请填写。", "max_decimal_places": "最多两位小数。"}
AGE_WORDS = {"invalid": "请填写整数。", "min_value": "不能为负数。"}


def _day(label: str, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=DAY_WORDS, **more)


def _amount(label: str, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=14, decimal_places=2, error_messages=AMOUNT_WORDS, **more)


def _age(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, required=False, error_messages=AGE_WORDS, help_text="留空为不限。"
    )


def _several(label: str, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="都不勾选为不限。",
    )


class CampaignForm(forms.Form):
    """What a campaign says, with its quotas one per line."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label="活动名称", max_length=60, help_text="单位选择时看到的名称。")
    sponsor_id = forms.CharField(
        label="出资单位",
        max_length=60,
        help_text="用全称，如佛山市总工会。以前用过的请从列表选择，补贴按单位名称记账。",
        widget=forms.TextInput(attrs={"list": "sponsors", "autocomplete": "off"}),
    )
    branch_id = forms.TypedChoiceField(label="活动机构", coerce=int, help_text="该机构连同下级的单位可以参加。")
    basis = forms.CharField(label="文件依据", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    kind = forms.ChoiceField(label="方式", choices=CampaignKind.choices, widget=forms.RadioSelect, initial="gift")
    plan_id = forms.TypedChoiceField(label="保障计划", coerce=int)
    amount_per_person = _amount("每人补贴金额（元）", required=False, help_text="赠送的留空：每人一份全额承担。")
    budget_amount = _amount("预算（元）", help_text="全部名额的费用不超过预算。")
    opens_on = _day("开始日期")
    closes_on = _day("截止日期", help_text="含当天，按提交申请的日期。")
    once = forms.ChoiceField(label="参加次数", choices=Once.choices, widget=forms.RadioSelect, initial="campaign")
    employer_kinds = _several("单位性质", EmployerKind.choices)
    job_categories = _several("岗位", JobCategory.choices)
    gender = forms.ChoiceField(label="性别", required=False, choices=[("", "不限"), *Gender.choices])
    min_age = _age("最低年龄（周岁）")
    max_age = _age("最高年龄（周岁）")
    is_first_only = forms.BooleanField(
        label="仅限首次参保", required=False, help_text="从未参加过本计划及其接续计划的职工。"
    )
    quotas = forms.CharField(
        label="名额分配",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="每行一个：机构编码或单位的统一社会信用代码，空格，人数。如 440604 500。留空则不分配，用完预算为止。",
    )

    SECTIONS = (
        ("活动", ("name", "sponsor_id", "branch_id", "basis")),
        ("出资", ("kind", "plan_id", "amount_per_person", "budget_amount", "opens_on", "closes_on")),
        ("对象", ("employer_kinds", "job_categories", "once", "is_first_only", "gender", "min_age", "max_age")),
        ("名额", ("quotas",)),
    )
    WIDE = frozenset({"basis", "employer_kinds", "job_categories", "quotas"})

    def __init__(self, *args: Any, actor: Actor, campaign: GiftCampaign | None = None, **kwargs: Any) -> None:
        if campaign is not None:
            kwargs["initial"] = self._read(campaign)
        super().__init__(*args, **kwargs)
        self.sponsors = queries.get_sponsor_names()
        self.fields["branch_id"].choices = get_branch_choices(actor)
        self.fields["plan_id"].choices = [("", "请选择"), *((plan.pk, str(plan)) for plan in Plan.objects.all())]

    @staticmethod
    def _read(campaign: GiftCampaign) -> dict[str, Any]:
        rows = campaign.quotas.select_related("branch", "employer")
        lines = [f"{row.code} {row.person_count}" for row in rows]
        shown = {name: getattr(campaign, name) for name in FIGURES}
        return shown | {"revision": campaign.revision, "quotas": "\n".join(lines)}

    def get_sections(self) -> list[tuple[str, list[tuple[Any, str]]]]:
        """The fields in sections, each with the width it wants."""
        return [
            (title, [(self[name], "plan-form__wide" if name in self.WIDE else "") for name in names])
            for title, names in self.SECTIONS
        ]

    def clean_quotas(self) -> list[QuotaLine]:
        """One place per line."""
        found: list[QuotaLine] = []
        for number, line in enumerate(self.cleaned_data["quotas"].splitlines(), start=1):
            if not line.strip():
                continue
            read = QUOTA.match(line.strip())
            if read is None:
                raise forms.ValidationError(f"第 {number} 行“{line.strip()[:40]}”看不懂，请按“440604 500”填写。")
            found.append(QuotaLine(code=read[1].upper(), person_count=int(read[2])))
        return found

    def get_quotas(self) -> list[QuotaLine]:
        """The quotas that were typed."""
        quotas: list[QuotaLine] = self.cleaned_data["quotas"]
        return quotas

    def get_figures(self) -> dict[str, Any]:
        """What the campaign is to say."""
        return {name: self.cleaned_data[name] for name in FIGURES}
