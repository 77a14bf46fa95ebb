"""The parameters there are: what each decides, its bounds, and the clause it comes from. Values stand in rows, by day."""

from __future__ import annotations

from dataclasses import dataclass

Value = int | bool | str


class ValueRefused(ValueError):
    """This cannot be the parameter's value; the words say what can."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One parameter. `default` holds from the beginning until a row says otherwise."""

    key: str
    label: str
    explains: str
    clause: str
    default: Value
    unit: str = ""
    lowest: int = 0
    highest: int = 0
    choices: tuple[tuple[str, str], ...] = ()
    is_per_branch: bool = False
    needs_second_person: bool = False
    is_assumed: bool = False
    is_work_limit: bool = False

    @property
    def short_label(self) -> str:
        """The label without the heading it stands under."""
        return self.label.rsplit("：", 1)[-1]

    def read(self, text: str) -> Value:
        """
        This function will read a value as it is stored or typed.

        :raises ValueRefused: if it is out of bounds or none of the choices
        """
        text = text.strip()
        if self.choices:
            if text not in dict(self.choices):
                raise ValueRefused(f"“{self.label}”只能选择：{'、'.join(words for _, words in self.choices)}。")
            return text == "yes" if isinstance(self.default, bool) else text
        if not text.isascii() or not text.isdigit() or not self.lowest <= int(text) <= self.highest:
            raise ValueRefused(f"“{self.label}”须为 {self.lowest} 至 {self.highest} 之间的整数。")
        return int(text)

    def write(self, value: Value) -> str:
        """A value as it is stored."""
        return ("yes" if value else "no") if isinstance(value, bool) else str(value)

    def tell(self, value: Value) -> str:
        """A value in words."""
        return dict(self.choices).get(self.write(value), f"{value} {self.unit}".strip())


YES_NO = (("yes", "是"), ("no", "否"))

PAYMENT_DAYS = "payment_days"
REFERENCE_DAYS_AHEAD = "reference_days_ahead"
PAYER_NAME_MUST_MATCH = "payer_name_must_match"
SECOND_REVIEW_LEVEL = "second_review_level"

EXTENSIONS_PER_SLIP = "extensions_per_slip"

# 延迟缴款: by reason, how long it may lengthen the due date and whether it takes a proof (`read_terms`). No text gives them.
EXTENSION_TERMS = {
    "approval": ("单位内部付款审批未完成", "15"),
    "collecting": ("职工个人缴费尚未收齐", "15"),
    "budget": ("财政或预算拨款未到位", "30p"),
    "account": ("单位账户变更、冻结或银行退汇", "15p"),
    "disaster": ("自然灾害等不可抗力", "60p"),
    "other": ("其他（请在下方写明）", "7p"),
}
TERMS = tuple(
    (f"{days}{mark}", f"最多延长 {days} 天{words}")
    for days in (7, 15, 30, 60)
    for mark, words in (("", ""), ("p", "，须上传证明"))
)

# Limits of working days for what waits for the office; a flow names its limit (`Workflow.deadlines`). No text gives them.
WORK_LIMITS = {
    "registration_days": ("单位注册审核", 3),
    "change_days": ("单位信息变更审核", 3),
    "hand_over_days": ("经办人变更审核", 3),
    "binding_days": ("历史保单绑定审核", 3),
    "transfer_days": ("单位划转接收", 3),
    "first_review_days": ("参保初审", 5),
    "second_review_days": ("参保复审", 3),
    "matching_days": ("到账匹配", 2),
    "allocation_review_days": ("认领复核", 2),
    "receipt_days": ("开票", 3),
    "slip_request_days": ("撤单与延期办理", 2),
    "plan_days": ("保障计划复核", 3),
    "gift_days": ("赠送与补贴复核", 3),
    "parameter_days": ("参数变更复核", 3),
}
LONGEST_LIMIT = 60


def get_extension_key(code: str) -> str:
    """
    This function will name the parameter that says how long a reason may lengthen the due date.
    """
    return f"extension_{code}"


def read_terms(terms: str) -> tuple[int, bool]:
    """
    This function will read such a parameter: days, and whether a proof is needed.
    """
    return int(terms.removesuffix("p")), terms.endswith("p")


DEFINITIONS = {
    each.key: each
    for each in (
        Definition(
            key=PAYMENT_DAYS,
            label="缴款期限",
            explains="复审通过后多少天内缴款，含最后一天，按到账日期判断。只影响以后生成的缴款单。",
            clause="办理规则 2.5",
            default=15,
            unit="天",
            lowest=1,
            highest=90,
            needs_second_person=True,
        ),
        Definition(
            key=PAYER_NAME_MUST_MATCH,
            label="付款户名必须与参保单位一致",
            explains="选“否”时，备注中缴款单号准确即可入账；选“是”时，户名不一致的一律转为异常缴费。",
            clause="办理规则 2.5",
            default=False,
            choices=YES_NO,
            needs_second_person=True,
        ),
        Definition(
            key=REFERENCE_DAYS_AHEAD,
            label="业务参考日期最多提前",
            explains="业务参考日期最多设在提交日之后多少天。",
            clause="办理规则 4",
            default=180,
            unit="天",
            lowest=1,
            highest=366,
        ),
        Definition(
            key=SECOND_REVIEW_LEVEL,
            label="参保复审由哪一级办理",
            explains="按提交申请当日的设置。设为市级时，由单位所属的市级机构复核员复审，省级也可以办理。",
            clause="办理规则 1",
            default="province",
            choices=(("province", "省级"), ("city", "市级")),
            is_per_branch=True,
        ),
        Definition(
            key=EXTENSIONS_PER_SLIP,
            label="每张缴款单最多延期次数",
            explains="已同意和未同意的都计次，撤回的不计。",
            clause="办理规则 2.5，次数待互助会确认",
            default=2,
            unit="次",
            lowest=0,
            highest=10,
            needs_second_person=True,
            is_assumed=True,
        ),
        *(
            Definition(
                key=get_extension_key(code),
                label=f"延迟缴款：{words}",
                explains="自现缴款期限起计算；按单位提出申请当日的设置。",
                clause="办理规则 2.5，天数待互助会确认",
                default=terms,
                choices=TERMS,
                needs_second_person=True,
                is_assumed=True,
            )
            for code, (words, terms) in EXTENSION_TERMS.items()
        ),
        *(
            Definition(
                key=key,
                label=f"办理时限：{label}",
                explains="到件后多少个工作日内办理，不含到件当日；超过的在工作台标为逾期。按到件当日的设置。",
                clause="无文件规定，待互助会确认",
                default=days,
                unit="个工作日",
                lowest=1,
                highest=LONGEST_LIMIT,
                is_per_branch=True,
                is_assumed=True,
                is_work_limit=True,
            )
            for key, (label, days) in WORK_LIMITS.items()
        ),
    )
}
