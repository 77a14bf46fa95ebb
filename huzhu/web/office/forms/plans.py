"""Forms of plan versions: they check input and hand over figures; they save nothing."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from huzhu.enrolment import wording as findings
from huzhu.plans import queries
from huzhu.plans.models import Gender, Plan, PlanVersion
from huzhu.plans.rules import BASES, CODES, EVENTS, KINDS, PROOFS, ExampleCase, Verdict, read_case
from huzhu.plans.states import WindowKind
from huzhu.roster.models import JobCategory
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY
from huzhu.web.office.forms.branches import get_branch_choices
from huzhu.web.office.presenters.plan_versions import CLASSES, PROOF_LABELS

DAY_WORDS = {"invalid": "日期写法不对，请按 2026-07-01 填写。"}
BASE_CHOICES = [("in_service_staff", "在职职工"), ("in_service_women", "在职女职工")]
TERM_CHOICES = [("own", "中途加入的另计完整期限"), ("common", "与保单同时到期，按月折算")]
CAP = re.compile(r"^(\S+)[\s:：]+([\d,]+(?:\.\d{1,2})?)$")
ASSUMED_LABELS = {
    "variant": "甲乙种",
    "contribution_amount": "每份保障费",
    "max_shares": "每人最多份数",
    "term_months": "保障期限",
    "min_age": "最低年龄",
    "min_participation_ratio": "参保比例",
    "min_headcount": "最少人数",
    "all_must_join_below": "全员参保人数",
    "waiting_days_first": "首次免责期",
    "waiting_days_lapsed": "断保免责期",
    "waiting_days_renewal": "续保免责期",
    "waiting_applies_to": "免责期适用范围",
    "renewal_grace_days": "续保宽限期",
    "benefits": "保障责任",
    "exclusions": "责任免除",
    "exclusive_group": "互斥组",
    "claim_limit_days": "理赔时限",
    "cap_amount": "最高保障金",
    "caps_by_region": "按地区最高保障金",
    "valid_to": "销售截止日",
    "duplicate_rule": "重复参保规则",
}


def _day(label: str, *, required: bool = False, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=DAY_WORDS,
        **more,
    )


def _count(label: str, **more: Any) -> forms.IntegerField:
    words = {"invalid": "请填写整数。", "required": "请填写。", "min_value": "不能为负数。"}
    return forms.IntegerField(label=label, min_value=0, error_messages=words, **more)


def _amount(label: str, **more: Any) -> forms.DecimalField:
    words = {"invalid": "请填写金额，如 95.00。", "required": "请填写。", "max_decimal_places": "最多两位小数。"}
    return forms.DecimalField(label=label, max_digits=12, decimal_places=2, error_messages=words, **more)


def _lines(label: str, rows: int = 4, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **more)


def _read_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class NewPlanForm(forms.Form):
    """What a new plan is called, and which version its first draft starts from."""

    code = forms.CharField(
        label="计划代码",
        max_length=20,
        help_text="大写字母、数字和短横，如 CI26-A；发布后不再改变。",
        error_messages={"required": "请填写计划代码。"},
    )
    name = forms.CharField(label="计划名称", max_length=60, error_messages={"required": "请填写计划名称。"})
    variant = forms.CharField(label="种别", max_length=10, required=False, help_text="分甲种、乙种的填写，不分的留空。")
    generation = forms.CharField(
        label="年度", max_length=10, help_text="如 2026。", error_messages={"required": "请填写年度，如 2026。"}
    )
    like_version_id = forms.ChoiceField(
        label="以哪个计划为底稿",
        error_messages={"required": "请选择一个计划作底稿。"},
        help_text="带入它的全部条款，再逐节修改；样例、接续的计划和互斥组须重新填写。",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        latest = PlanVersion.objects.told().select_related("plan").order_by("plan_id", "-version").distinct("plan_id")
        self.fields["like_version_id"].choices = [
            ("", "请选择"),
            *((each.pk, f"{each.plan.code} {each}") for each in latest),
        ]

    def clean_code(self) -> str:
        """Capitals, whatever was typed."""
        return str(self.cleaned_data["code"]).strip().upper()


class DraftForm(forms.Form):
    """What a draft says, without benefits and examples, which have pages of their own."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    change_note = _lines(
        "变更说明", 2, max_length=300, required=False, help_text="改了什么、依据哪份文件；复核人和审计看得到。"
    )
    valid_from = _day("开始销售日期", required=True, help_text="不早于发布当天；上一版自动销售到前一天。")
    valid_to = _day("最后销售日", help_text="留空为长期；发布后只能提前。")
    contribution_amount = _amount("每份保障费（元）")
    max_shares = _count("每人最多份数")
    term_months = _count("保障期限（月）")
    cap_amount = _amount("每人最高保障金（元）", required=False, help_text="按地区另定的留空。")
    caps_by_region = _lines("按地区的最高保障金", 2, required=False, help_text="每行一个：广州市 173000")
    gift_eligible = forms.BooleanField(label="可作赠送计划", required=False)
    min_age = _count("最低参保年龄（周岁）")
    max_age = _count("最高参保年龄（周岁）", help_text="并须未达本人法定退休年龄，或凭在职证明不超过36个月。")
    gender = forms.ChoiceField(label="参保对象", required=False, choices=[("", "不限男女"), *Gender.choices])
    requires_medical_insurance = forms.BooleanField(label="须参加基本医疗保险", required=False)
    exclusive_group = forms.CharField(
        label="互斥组", max_length=20, required=False, help_text="同一组的计划同一人只能参加一个，如 CI25。"
    )
    participation_base = forms.ChoiceField(label="参保比例基数", choices=BASE_CHOICES)
    min_participation_ratio = forms.DecimalField(
        label="参保比例下限（%）", max_digits=4, decimal_places=1, error_messages={"invalid": "请填写数字，如 80。"}
    )
    min_headcount = _count("最少参保人数")
    all_must_join_below = _count("少于多少人的单位须全员参保")
    uniform_shares = forms.BooleanField(label="同一申请每人份数相同", required=False)
    mid_term_period = forms.ChoiceField(label="中途加入", choices=TERM_CHOICES)
    waiting_days_first = _count("首次参保免责期（天）")
    waiting_days_lapsed = _count("断保后免责期（天）")
    waiting_days_renewal = _count("续保免责期（天）")
    renewal_grace_days = _count("续保宽限期（天）")
    renews_from = forms.MultipleChoiceField(
        label="视同续保的计划", required=False, widget=forms.CheckboxSelectMultiple, help_text="本计划总是接续自己。"
    )
    claim_limit_days = _count("申请理赔时限（天）")
    exclusions = _lines(
        "责任免除", 5, help_text="每行一条。", error_messages={"required": "请填写责任免除，每行一条。"}
    )
    assumed_fields = forms.MultipleChoiceField(
        label="仍待互助会确认",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="已有文件依据的请去掉勾选。",
    )
    source = _lines("依据", 2, required=False)

    SECTIONS = (
        ("基本", ("change_note", "valid_from", "valid_to")),
        (
            "费用与期限",
            ("contribution_amount", "max_shares", "term_months", "cap_amount", "caps_by_region", "gift_eligible"),
        ),
        (
            "参保条件",
            ("min_age", "max_age", "gender", "exclusive_group", "requires_medical_insurance"),
        ),
        (
            "参保比例",
            (
                "participation_base",
                "min_participation_ratio",
                "min_headcount",
                "all_must_join_below",
                "mid_term_period",
                "uniform_shares",
            ),
        ),
        (
            "免责期与续保",
            (
                "waiting_days_first",
                "waiting_days_lapsed",
                "waiting_days_renewal",
                "renewal_grace_days",
                "claim_limit_days",
                "renews_from",
            ),
        ),
        ("参保证明须显示的内容", tuple(f"proof_{kind}" for kind in PROOFS)),
        ("责任免除与依据", ("exclusions", "source", "assumed_fields")),
    )
    WIDE = frozenset({"change_note", "renews_from", "exclusions", "source", "assumed_fields"})

    def __init__(self, *args: Any, version: PlanVersion, **kwargs: Any) -> None:
        kwargs["initial"] = self._read(version)
        super().__init__(*args, **kwargs)
        others = Plan.objects.exclude(pk=version.plan_id)
        self.fields["renews_from"].choices = [(plan.code, f"{plan}（{plan.code}）") for plan in others]
        self.fields["assumed_fields"].choices = [
            (name, ASSUMED_LABELS.get(name, name)) for name in version.assumed_fields
        ]
        for kind in PROOFS:
            self.fields[f"proof_{kind}"] = _lines(PROOF_LABELS[kind], 2, max_length=200)

    @staticmethod
    def _read(version: PlanVersion) -> dict[str, Any]:
        initial = {name: getattr(version, name) for name in DraftForm.base_fields if hasattr(version, name)}
        percent = version.min_participation_ratio * 100
        return initial | {
            "min_participation_ratio": percent.quantize(Decimal("0.1")),
            "exclusions": "\n".join(version.exclusions),
            "caps_by_region": "\n".join(f"{region} {cap}" for region, cap in version.caps_by_region.items()),
            **{f"proof_{kind}": version.proofs.get(kind, "") for kind in PROOFS},
        }

    def get_sections(self) -> list[tuple[str, list[tuple[Any, str]]]]:
        """The fields in sections, each with the width it wants."""
        return [
            (title, [(self[name], "plan-form__wide" if self._is_wide(name) else "") for name in names])
            for title, names in self.SECTIONS
        ]

    def _is_wide(self, name: str) -> bool:
        return name in self.WIDE or name.startswith("proof_")

    def clean_caps_by_region(self) -> dict[str, Any]:
        """One region with its amount per line."""
        caps: dict[str, Any] = {}
        for line in _read_lines(self.cleaned_data["caps_by_region"]):
            found = CAP.match(line)
            if found is None:
                raise forms.ValidationError(f"“{line}”看不懂，请按“广州市 173000”填写，每行一个。")
            amount = Decimal(found[2].replace(",", ""))
            caps[found[1]] = _as_number(amount)
        return caps

    def clean_exclusions(self) -> list[str]:
        """One per line."""
        return _read_lines(self.cleaned_data["exclusions"])

    def clean_min_participation_ratio(self) -> Decimal:
        """As a ratio."""
        return (self.cleaned_data["min_participation_ratio"] / 100).quantize(Decimal("0.001"))

    def get_figures(self) -> dict[str, Any]:
        """What the draft is to say."""
        figures = {k: v for k, v in self.cleaned_data.items() if k != "revision" and not k.startswith("proof_")}
        return figures | {"proofs": {kind: self.cleaned_data[f"proof_{kind}"] for kind in PROOFS}}


class BenefitForm(forms.Form):
    """One benefit; an empty form is none."""

    code = forms.CharField(label="代码", max_length=30, required=False)
    name = forms.CharField(label="名称", max_length=60, required=False)
    kind = forms.ChoiceField(label="给付方式", choices=list(KINDS.items()))
    event = forms.ChoiceField(label="给付条件", choices=list(EVENTS.items()))
    amount_yuan = _amount("每份金额（元）", required=False)
    daily_yuan = _amount("每份日额（元）", required=False)
    max_days = _count("每期最多天数", required=False)
    deductible_days = _count("免付天数", required=False)
    base = forms.ChoiceField(label="费用范围", choices=[("", "不适用"), *BASES.items()], required=False)
    ratios = forms.CharField(label="各次比例（%）", required=False, max_length=60, help_text="如 80、70")
    max_claims_per_term = _count("每期最多次数", required=False)
    cap_yuan_per_term = _amount("每期累计上限（元）", required=False)
    once_per_term = forms.BooleanField(label="每期限给付一次", required=False)
    ends_benefit = forms.BooleanField(label="给付后本计划责任终止", required=False)
    ends_coverage = forms.BooleanField(label="给付后保障终止", required=False)
    diseases = _lines("病种", 3, required=False, help_text="每行一种；不按病种给付的留空。")
    required_documents = forms.MultipleChoiceField(
        label="申请材料", required=False, widget=forms.CheckboxSelectMultiple
    )

    OWN = {
        "lump_sum": ("amount_yuan",),
        "graded_lump_sum": ("amount_yuan",),
        "daily": ("daily_yuan", "max_days", "deductible_days"),
        "ratio": ("base", "max_claims_per_term", "cap_yuan_per_term"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["required_documents"].choices = list(queries.get_documents().items())

    @staticmethod
    def read(benefit: dict[str, Any]) -> dict[str, Any]:
        """A benefit as the form shows it."""
        ratios = [f"{Decimal(str(ratio)) * 100:.0f}" for ratio in benefit.get("ratio_by_claim_no", [])]
        return benefit | {"ratios": "、".join(ratios), "diseases": "\n".join(benefit.get("diseases", []))}

    def clean_ratios(self) -> list[float]:
        """Percentages by number of the claim."""
        try:
            parts = [Decimal(part) / 100 for part in re.split(r"[、,，;；\s%]+", self.cleaned_data["ratios"]) if part]
        except InvalidOperation as error:
            raise forms.ValidationError("请按次填写百分数，如 80、70。") from error
        return [float(part) for part in parts]

    def get_benefit(self, before: dict[str, Any]) -> dict[str, Any]:
        """The benefit as a version keeps it; what the form does not show stays as it was."""
        typed, kind = self.cleaned_data, self.cleaned_data["kind"]
        shown = {name for names in self.OWN.values() for name in names} | {"ratio_by_claim_no", "diseases"}
        kept = {name: value for name, value in before.items() if name not in shown}
        kept |= {name: typed[name] for name in ("code", "name", "kind", "event", "required_documents")}
        for name in self.OWN[kind]:
            if typed[name] not in (None, ""):
                kept[name] = _plain(typed[name])
        if kind == "ratio":
            kept["ratio_by_claim_no"] = typed["ratios"]
        if diseases := _read_lines(typed["diseases"]):
            kept["diseases"] = diseases
        for flag in ("once_per_term", "ends_benefit", "ends_coverage"):
            kept.pop(flag, None)
            if typed[flag]:
                kept[flag] = True
        names = queries.get_documents()
        return kept | {"document_names": [names[code] for code in typed["required_documents"]]}


def _plain(value: Any) -> Any:
    """An amount as JSON keeps it: whole yuan without a point."""
    if isinstance(value, Decimal):
        return _as_number(value)
    return value


BenefitRows = forms.formset_factory(BenefitForm, extra=1, can_delete=True, max_num=30)


class CaseForm(forms.Form):
    """One example case; an empty form is none."""

    name = forms.CharField(label="样例", max_length=40, error_messages={"required": "请填写样例名称。"})
    born_on = _day("出生日期", required=True)
    gender = forms.ChoiceField(label="性别", choices=Gender.choices)
    job_category = forms.ChoiceField(label="岗位", choices=[("", "未填"), *JobCategory.choices], required=False)
    share_count = forms.IntegerField(label="份数", min_value=1, max_value=99, initial=1)
    arrival_on = _day("到账日期", required=True)
    reference_on = _day("参考日期")
    previous_end = _day("上一期最后一日")
    codes = forms.MultipleChoiceField(
        label="应有的校验结果",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(code, findings.LABELS[code]) for code in sorted(CODES)],
    )
    start = _day("应自")
    end = _day("至（最后一日）")
    cover_class = forms.ChoiceField(label="类别", choices=[("", "不予参保"), *CLASSES.items()], required=False)
    waiting_days = _count("免责期（天）", required=False)
    contribution = _amount("费用（元）", required=False)

    PERSON = (
        "name",
        "born_on",
        "gender",
        "job_category",
        "share_count",
        "arrival_on",
        "reference_on",
        "previous_end",
    )
    LAST_DAYS = ("previous_end", "end")  # people name the last day that is covered, periods the day after it
    EXPECTED = ("start", "end", "cover_class", "waiting_days", "contribution")

    @property
    def person_fields(self) -> list[Any]:
        """Who enrols, and when the money comes."""
        return [self[name] for name in self.PERSON]

    @property
    def expected_fields(self) -> list[Any]:
        """What must come of it."""
        return [self[name] for name in self.EXPECTED]

    @staticmethod
    def read(kept: dict[str, Any]) -> dict[str, Any]:
        """A case as the form shows it."""
        case = read_case(kept)
        shown = {**case.__dict__, **case.expected.__dict__, "codes": list(case.expected.codes)}
        return shown | {name: shown[name] - ONE_DAY for name in CaseForm.LAST_DAYS if shown[name]}

    def get_case(self) -> ExampleCase:
        """The case that was typed; of who is refused only the findings count."""
        typed = dict(self.cleaned_data)
        typed |= {name: typed[name] + ONE_DAY for name in self.LAST_DAYS if typed[name]}
        expected = Verdict(codes=tuple(sorted(typed["codes"])))
        if not expected.is_refused:
            expected = Verdict(codes=expected.codes, **{name: typed[name] for name in self.EXPECTED})
        return ExampleCase(expected=expected, **{name: typed[name] for name in self.PERSON})


CaseRows = forms.formset_factory(CaseForm, extra=1, can_delete=True, max_num=40)


class WindowForm(forms.Form):
    """When a branch sells a version, from when on, and why."""

    branch_id = forms.TypedChoiceField(label="机构", coerce=int)
    kind = forms.ChoiceField(label="参保时间", choices=WindowKind.choices, widget=forms.RadioSelect, initial="own")
    opens_on = _day("开始日期", help_text="留空按计划的开始日期。")
    closes_on = _day("最后参保日", help_text="留空按计划的截止日期。")
    effective_from = _day("自何日起按此办理", required=True)
    reason = _lines("原因", 2, max_length=200, help_text="如通知名称和文号。")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch_id"].choices = get_branch_choices(actor)


def _as_number(value: Decimal) -> int | float:
    """What JSON writes digit by digit as it was typed; PostgreSQL keeps it as numeric, and nothing is calculated in between."""
    return int(value) if value == value.to_integral_value() else float(value)
