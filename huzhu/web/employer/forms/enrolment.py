"""Forms of an employer's applications: they check input and hand over what was meant; they save nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from huzhu.enrolment.queries import Open
from huzhu.enrolment.states import State
from huzhu.plans.models import Plan, PlanVersion
from huzhu.roster.models import EmploymentForm, InsuranceRosterKind, JobCategory

SHOWN_STATES = [state for state in State if state != State.DELETED]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
DAY_WORDS = {"invalid": "日期写法不对，请按 2026-07-01 填写。"}


class ApplicationFilter(forms.Form):
    """The filter bar of the list; it stands in the address and holds nothing personal."""

    number = forms.CharField(
        label="申请编号", required=False, max_length=20, widget=forms.TextInput(attrs={"placeholder": "申请编号"})
    )
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *((s.value, s.label) for s in SHOWN_STATES)]
    )
    plan = forms.ModelChoiceField(label="保障计划", required=False, queryset=Plan.objects.all(), empty_label="全部计划")
    since = forms.DateField(label="起", required=False, widget=DAY, error_messages=DAY_WORDS)
    until = forms.DateField(label="止", required=False, widget=DAY, error_messages=DAY_WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("number", "state", "plan"):  # the bar shows no labels; who cannot see it hears them
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label


class PlansForm(forms.Form):
    """
    Step 1: a tick and a number of shares for every plan on sale, and whether gifts and subsidies are wanted, and which.
    `get_chosen()` is shares by version id, `get_campaigns()` the campaigns.
    """

    gifts = forms.ChoiceField(label="是否添加赠送计划", required=False, choices=[("yes", "需要添加"), ("no", "不需要")])

    def __init__(
        self,
        *args: Any,
        versions: Sequence[PlanVersion],
        chosen: Mapping[int, int],
        offers: Sequence[Open] = (),
        saves_itself: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.versions, self.offers, self.saves_itself = versions, offers, saves_itself
        self.fields["gifts"].initial = "yes" if any(offer.is_chosen for offer in offers) else ""
        for offer in offers:
            self.fields[f"campaign_{offer.offer.campaign.pk}"] = forms.BooleanField(
                label=offer.offer.campaign.name, required=False, initial=offer.is_chosen
            )
        for version in versions:
            self.fields[f"plan_{version.pk}"] = forms.BooleanField(
                label=str(version.plan), required=False, initial=version.pk in chosen
            )
            self.fields[f"shares_{version.pk}"] = forms.TypedChoiceField(
                label=f"{version.plan}每人份数",
                required=False,
                coerce=int,
                empty_value=1,
                choices=[(count, f"{count} 份") for count in range(1, version.max_shares + 1)],
                initial=chosen.get(version.pk, 1),
                error_messages={
                    "invalid_choice": f"“{version.plan}”每人最多 {version.max_shares} 份，请重新选择份数。"
                },
            )

    def clean(self) -> dict[str, Any]:
        """At least one plan or gift, and never two plans of a group that exclude each other."""
        cleaned = super().clean() or {}
        wanted = [version for version in self.versions if cleaned.get(f"plan_{version.pk}")]
        campaigns = self._get_campaigns(cleaned)
        if cleaned.get("gifts") == "yes" and not campaigns and not self.saves_itself:
            raise forms.ValidationError("选择了“需要添加”，请勾选赠送或补贴活动；不添加的请选“不需要”。")
        if not wanted and not campaigns:
            raise forms.ValidationError("还没有选择保障计划，请至少勾选一个。")
        groups: dict[str, list[str]] = {}
        for version in wanted:
            if version.exclusive_group:
                groups.setdefault(version.exclusive_group, []).append(str(version.plan))
        for names in groups.values():
            if len(names) > 1:
                raise forms.ValidationError(f"“{'”与“'.join(names)}”不能同时参保，请只保留其中一个。")
        return cleaned

    def _get_campaigns(self, cleaned: Mapping[str, Any]) -> list[int]:
        if cleaned.get("gifts") != "yes":
            return []
        return [pk for each in self.offers if cleaned.get(f"campaign_{(pk := each.offer.campaign.pk)}")]

    def get_campaigns(self) -> list[int]:
        """The campaigns that were ticked, whether all is valid or not."""
        if not self.is_bound:
            return [each.offer.campaign.pk for each in self.offers if each.is_chosen]
        return self._get_campaigns(getattr(self, "cleaned_data", {}))

    def wants_gifts(self) -> str:
        """Which of 需要添加 and 不需要 stands chosen."""
        chosen = getattr(self, "cleaned_data", {}).get("gifts") if self.is_bound else self.fields["gifts"].initial
        return str(chosen or "no")

    def get_chosen(self) -> dict[int, int]:
        """What was typed, whether it is valid or not: shares by version id."""
        data = getattr(self, "cleaned_data", {})
        return {v.pk: data.get(f"shares_{v.pk}") or 1 for v in self.versions if data.get(f"plan_{v.pk}")}


class RosterPick(forms.Form):
    """Step 2: which part of the roster is looked at; empty means everybody in service."""

    department = forms.CharField(label="部门", required=False, max_length=100)
    job_category = forms.ChoiceField(label="岗位类别", required=False, choices=[("", "全部岗位"), *JobCategory.choices])
    employment_form = forms.ChoiceField(
        label="用工形式", required=False, choices=[("", "全部用工形式"), *EmploymentForm.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # the bar shows no labels; who cannot see it hears them
            field.widget.attrs["aria-label"] = field.label


class InsuranceListForm(forms.Form):
    """The month's 社保/医保 list, uploaded where it is missed."""

    kind = forms.ChoiceField(label="名单种类", choices=InsuranceRosterKind.choices)
    month = forms.DateField(
        label="月份",
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        error_messages={"invalid": "月份写法不对，请按 2026-07 填写。", "required": "请选择名单的月份。"},
    )
    file = forms.FileField(
        label="名单文件",
        error_messages={"required": "请选择名单文件（xlsx、xls、csv）。", "empty": "文件是空的，请重新导出后再上传。"},
    )


class DatesForm(forms.Form):
    """Step 5: one reference date per plan, each may stay empty. `get_dates()` is the date by application plan id."""

    def __init__(self, *args: Any, plans: Sequence[Any], offered: Mapping[int, date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plans = plans
        for plan in plans:
            self.fields[f"on_{plan.pk}"] = forms.DateField(
                label="业务参考日期",
                required=False,
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                initial=plan.reference_on or offered.get(plan.pk),
                error_messages=DAY_WORDS,
            )

    def get_dates(self) -> dict[int, date | None]:
        """The chosen dates; None means the day after arrival."""
        return {plan.pk: self.cleaned_data.get(f"on_{plan.pk}") for plan in self.plans}


class SubmitForm(forms.Form):
    """Step 6: the employer's word that all is true."""

    is_declared = forms.BooleanField(
        label="本单位已核对参保人员、份数和材料，内容真实、完整，参保人员均为本单位在职职工，并已取得其同意。",
        error_messages={"required": "请先勾选声明，再提交。"},
    )
    payable = forms.DecimalField(required=False, widget=forms.HiddenInput)  # what was to pay on the page
