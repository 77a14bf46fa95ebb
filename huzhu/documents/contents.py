"""
What each paper says, as typed records. A domain app fills one in, `typesetting.typeset_paper` makes the PDF.

Amounts are Decimal yuan, days are Asia/Shanghai dates, periods are half-open `[start, end)` and printed with the last
covered day. All formatting happens here; the templates in `papers/` only lay out.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from huzhu.documents import qr

_LONG = {"format": "long date"}
_PERCENT = {"format": "percent"}


def money(amount: Decimal) -> str:
    """Write an amount in figures, as `1,234.00` or `-95.00`; refuses to round: fractions of a fen are an error."""
    if amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"{amount} has fractions of a fen")
    return f"{amount:,.2f}"


def long_date(day: date) -> str:
    """Write a day as it stands under a signature: `2025年8月12日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def period(start: date, end: date) -> str:
    """Write a half-open period with its last covered day: `2025年8月12日00:00 至 2026年8月11日24:00`."""
    return f"{long_date(start)}00:00 至 {long_date(end - timedelta(days=1))}24:00"


def percent(ratio: Decimal) -> str:
    """Write a ratio (1 = all) as `83.3%`, cut and never rounded up, so that 79.99 % is not shown as 80 %."""
    return f"{(ratio * 1000).to_integral_value('ROUND_FLOOR') / 10:.1f}%"


def _plain(value: Any, how: str = "") -> Any:
    """Turn a field into what JSON carries: texts, lists, dicts, true and false. Numbers become texts."""
    if how == "long date" and value is not None:
        return long_date(value)
    if how == "percent":
        return percent(value)
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Content):
        return value.as_dict()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a paper cannot carry {type(value).__name__}")


@dataclass(frozen=True, kw_only=True)
class Content:
    """Something a paper says; `as_dict` gives it the way the templates read it, every value formatted."""

    def as_dict(self) -> dict[str, Any]:
        """This content as texts, lists and dicts."""
        assert is_dataclass(self)
        return {each.name: _plain(getattr(self, each.name), each.metadata.get("format", "")) for each in fields(self)}


@dataclass(frozen=True, kw_only=True)
class Association(Content):
    """The society as it signs its papers."""

    name: str
    address: str = ""
    phone: str = ""
    website: str = ""


@dataclass(frozen=True, kw_only=True)
class Employer(Content):
    """An employer as its papers name it; the handler's mobile comes masked where the paper leaves the employer."""

    name: str
    credit_code: str
    legal_representative: str = ""
    address: str = ""
    handler_name: str = ""
    handler_mobile: str = ""


@dataclass(frozen=True, kw_only=True)
class PayeeAccount(Content):
    """The account of the society that takes the money."""

    name: str
    number: str
    bank: str


@dataclass(frozen=True, kw_only=True)
class PlanLine(Content):
    """One plan on an application or slip: shares of all members together × contribution per share = amount."""

    plan_name: str  # with its variant: 重疾保障计划（甲种）
    share_count: int
    member_count: int
    unit_price: Decimal
    amount: Decimal
    reference_date: date | None = None
    latest_arrival_on: date | None = None  # arriving later breaks somebody's renewal
    latest_arrival_people: int = 0  # how many people's


@dataclass(frozen=True, kw_only=True)
class Paper(Content):
    """A whole paper: which template sets it, who issues it, its QR code, and whether it is only a demonstration."""

    TEMPLATE: ClassVar[str]

    association: Association
    qr_text: str  # what the QR code says, usually the address of the public check page
    demo: bool = False

    def as_dict(self) -> dict[str, Any]:
        """This paper as texts, lists and dicts, with its QR code drawn as `qr_svg`."""
        return super().as_dict() | {"qr_svg": qr.svg(text=self.qr_text)}


@dataclass(frozen=True, kw_only=True)
class ApplicationForm(Paper):
    """参保申请书: printed, sealed by the employer and sent back as a photo."""

    TEMPLATE = "application_form"

    application_number: str
    check_code: str  # below the QR code: tells this form from an earlier, void one
    endorsed_policy: str = ""  # 增员: the policy people are added to
    made_on: date = field(metadata=_LONG)
    employer: Employer
    lines: list[PlanLine]
    total_amount: Decimal
    subsidy_amount: Decimal = Decimal(0)
    payable_amount: Decimal  # total − subsidy
    payable_in_words: str
    in_service_count: int
    enrolled_count: int
    participation_ratio: Decimal = field(metadata=_PERCENT)  # 1 = everybody

    def as_dict(self) -> dict[str, Any]:
        """See Paper; adds the totals of the plan table."""
        return super().as_dict() | _totals(self.lines) | {"subsidised": self.subsidy_amount != 0}


@dataclass(frozen=True, kw_only=True)
class HandOverForm(Paper):
    """经办人变更申请表: printed, filled in, sealed by the employer and uploaded. What is not known is left to be written."""

    TEMPLATE = "hand_over_form"

    made_on: date = field(metadata=_LONG)
    employer_name: str = ""
    credit_code: str = ""
    former_name: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentSlip(Paper):
    """缴款单: what to transfer, where to, until when and with which words."""

    TEMPLATE = "payment_slip"

    slip_number: str
    application_number: str
    issued_on: date = field(metadata=_LONG)
    due_on: date = field(metadata=_LONG)
    employer: Employer
    payee: PayeeAccount
    lines: list[PlanLine]
    latest_arrival_on: date | None = field(default=None, metadata=_LONG)  # the earliest of the lines
    latest_arrival_people: int = 0
    total_amount: Decimal
    subsidy_amount: Decimal = Decimal(0)
    amount: Decimal  # what is to be transferred: total − subsidy
    amount_in_words: str

    def as_dict(self) -> dict[str, Any]:
        """See Paper; adds the totals of the plan table."""
        return super().as_dict() | _totals(self.lines) | {"subsidised": self.subsidy_amount != 0}


@dataclass(frozen=True, kw_only=True)
class RemittanceExample(Paper):
    """汇款填写示例: a bank's transfer form, filled in for this slip."""

    TEMPLATE = "remittance_example"

    slip_number: str
    due_on: date = field(metadata=_LONG)
    employer: Employer
    payee: PayeeAccount
    amount: Decimal
    amount_in_words: str


@dataclass(frozen=True, kw_only=True)
class BenefitLine(Content):
    """One benefit of a plan: its name and what it pays, in words."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PolicyMember(Content):
    """One member on a policy with the own period; the document number comes masked."""

    name: str
    masked_number: str
    share_count: int
    coverage_start: date
    coverage_end: date  # exclusive
    waiting_until: date | None  # last day of the waiting period; None = no waiting period
    enrolment_class: str  # 首次, 续保, 断保

    def as_row(self, number: int) -> list[str]:
        """This member as a row of the member table."""
        covered = f"{self.coverage_start.isoformat()} 至 {(self.coverage_end - timedelta(days=1)).isoformat()}"
        waiting = self.waiting_until.isoformat() if self.waiting_until else "无"
        return [
            str(number),
            self.name,
            self.masked_number,
            str(self.share_count),
            covered,
            waiting,
            self.enrolment_class,
        ]


@dataclass(frozen=True, kw_only=True)
class PolicyChange(Content):
    """One person a version of a policy added, or who has left the employer by then; the cover of those stays."""

    member: PolicyMember
    reason: str = ""
    left_on: date | None = None

    def as_row(self, number: int) -> list[str]:
        """This change as a row of the table of changes."""
        _, name, masked, shares, covered, waiting, _ = self.member.as_row(number)
        what = "减员" if self.left_on else "增员"
        note = (
            f"{self.left_on} {self.reason}"
            if self.left_on
            else f"免责期至 {waiting}"
            if waiting != "无"
            else "无免责期"
        )
        return [str(number), what, name, masked, shares, covered, note]


@dataclass(frozen=True, kw_only=True)
class Policy(Paper):
    """电子保单: cover page, what the version changed, member table, plan terms, and the 参保确认书 as its last page."""

    TEMPLATE = "policy"

    policy_number: str
    version: int = 1
    version_text: str = ""
    first_issued_on: date | None = field(default=None, metadata=_LONG)
    changes: list[PolicyChange] = field(default_factory=list)
    verification_code: str
    issued_on: date = field(metadata=_LONG)
    application_number: str
    slip_number: str
    employer: Employer
    plan_name: str
    coverage_start: date
    coverage_end: date  # exclusive
    share_count: int
    contribution: Decimal
    contribution_in_words: str
    waiting_text: str  # 首次参保、断保后参保免责期180天；按期续保无免责期
    benefits: list[BenefitLine]
    exclusions: list[str]
    terms_name: str = ""  # 《重疾保障计划（甲种）保障条款》（2025版）
    confirmation_qr_text: str  # by which the returned, stamped 参保确认书 is recognised
    members: list[PolicyMember]

    def as_dict(self) -> dict[str, Any]:
        """See Paper; members become rows, the period is written with its last covered day."""
        content = {
            each.name: _plain(getattr(self, each.name), each.metadata.get("format", ""))
            for each in fields(self)
            if each.name not in ("members", "changes")
        }
        return content | {
            "qr_svg": qr.svg(text=self.qr_text),
            "confirmation_qr_svg": qr.svg(text=self.confirmation_qr_text),
            "period": period(self.coverage_start, self.coverage_end),
            "member_count": f"{len(self.members):,}",
            "rows": [member.as_row(number) for number, member in enumerate(self.members, start=1)],
            "changes": [change.as_row(number) for number, change in enumerate(self.changes, start=1)],
        }


@dataclass(frozen=True, kw_only=True)
class ReceiptItem(Content):
    """One line of an e-receipt; on a red one quantity and amount are negative."""

    item_code: str
    item_name: str
    unit_of_measure: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Receipt(Paper):
    """电子票据 by facts §5.2. A red one (红冲) names the receipt it reverses and carries negative amounts."""

    TEMPLATE = "receipt"

    receipt_name: str  # 社会团体会费统一票据（电子）
    receipt_code: str
    receipt_number: str
    check_code: str
    issued_on: date = field(metadata=_LONG)
    payer_name: str
    payer_credit_code: str
    items: list[ReceiptItem]
    total: Decimal
    total_in_words: str
    remark: str = ""
    issuing_body: str
    seal_caption: str = "电子票据专用章"
    reviewer: str
    issuer: str
    reversed_code: str = ""
    reversed_number: str = ""
    reversal_reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """See Paper; adds whether this receipt is a red one."""
        return super().as_dict() | {"red": bool(self.reversed_number)}


def _totals(lines: list[PlanLine]) -> dict[str, str]:
    return {
        "total_shares": f"{sum(line.share_count for line in lines):,}",
        "total_enrolments": f"{sum(line.member_count for line in lines):,}",  # 人次: a person in two plans counts twice
    }
