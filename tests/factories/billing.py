"""Applications that wait for money, bank accounts, statements as the banks write them, and the cashiers who keep them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from decimal import Decimal

from huzhu.accounts.models import Branch
from huzhu.billing import operations as billing
from huzhu.billing.models import PaymentExtension, PaymentSlip, SlipCancellation, SocietyAccount
from huzhu.billing.operations import ImportResult
from huzhu.billing.statements.writing import Movement, write_icbc_csv
from huzhu.employers.models import Employer
from huzhu.enrolment.models import ApplicationMember, ApplicationPlan, EnrolmentApplication
from huzhu.plans.models import Plan, PlanVersion
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import SHANGHAI
from tests.factories.accounts import ALWAYS, BranchFactory
from tests.factories.employers import EmployerFactory
from tests.factories.flows import move
from tests.factories.roster import RosterEntryFactory, employer_actor

NOON = dt.datetime(2025, 8, 11, 12, tzinfo=SHANGHAI)
TODAY = NOON.date()
ACCOUNT = "3602000109200123456"
_serials = itertools.count(1)


def cashier(*, person: str = "13900000001", user_id: int = 901, roles: Sequence[str] = ("cashier",)) -> Actor:
    """A cashier of the whole association."""
    return Actor(
        user_id=user_id,
        name=f"财务{person[-2:]}",
        person=person,
        side=Side.OFFICE,
        roles=frozenset(roles),
        branch_path=root().path,
        proven_at=ALWAYS,
    )


def reviewer() -> Actor:
    """Who gives the second approval, and so makes the slip."""
    return cashier(person="13900000009", user_id=909, roles=("reviewer",))


def another_cashier() -> Actor:
    """A second person at the cashier's desk."""
    return cashier(person="13900000002", user_id=902, roles=("cashier_reviewer",))


def root() -> Branch:
    """The root of the tree of branches: one id, one dot."""
    return Branch.objects.filter(parent=None).order_by("id").first() or BranchFactory()


def employer(**words: object) -> Employer:
    """An employer under that root."""
    return EmployerFactory(**{"branch": root(), **words})


def society_account(number: str = ACCOUNT, *, is_payee: bool = True) -> SocietyAccount:
    """The association's account; the payee of new slips."""
    account, _ = SocietyAccount.objects.get_or_create(
        number=number,
        defaults={
            "bank": "icbc",
            "bank_name": "工商银行广州越秀支行",
            "holder": "省职工保障互助会",
            "is_payee": is_payee,
        },
    )
    return account


def plan_version(code: str = "TEST", *, price: str = "95.00") -> PlanVersion:
    """A plan on sale."""
    plan, _ = Plan.objects.get_or_create(code=code, defaults={"name": "住院医保补充保障计划", "generation": "2025"})
    version, _ = PlanVersion.objects.get_or_create(
        plan=plan,
        version=1,
        defaults={
            "state": "published",
            "published_at": NOON,
            "is_from_catalogue": True,
            "contribution_amount": Decimal(price),
            "max_shares": 5,
            "term_months": 12,
            "min_age": 16,
            "max_age": 60,
            "min_participation_ratio": Decimal("0.800"),
            "min_headcount": 1,
            "all_must_join_below": 0,
            "participation_base": "in_service_staff",
            "waiting_days_first": 30,
            "waiting_days_lapsed": 30,
            "waiting_days_renewal": 0,
            "renewal_grace_days": 0,
            "claim_limit_days": 730,
        },
    )
    return version


def approved_application(
    *,
    owner: Employer | None = None,
    state: str = "awaiting_payment",
    members: int = 0,
    shares: int = 1,
    reference_on: dt.date | None = None,
    previous_end: dt.date | None = None,
) -> EnrolmentApplication:
    """An application that went the declared way to `state`, with one plan and so many members."""
    serial = next(_serials)
    application = EnrolmentApplication.objects.create(
        number=f"CB{serial:08d}",
        employer=owner or employer(),
        created_at=NOON,
        created_by_person="13800000001",
        submitted_by_person="13800000001",
    )
    version = plan_version()
    wanted = ApplicationPlan.objects.create(
        application=application, plan_version=version, share_count=shares, reference_on=reference_on
    )
    for entry in RosterEntryFactory.create_batch(members, employer=application.employer):
        ApplicationMember.objects.create(
            application=application,
            application_plan=wanted,
            worker=entry.worker,
            entry=entry,
            name=entry.name,
            name_initials=entry.name_initials,
            number_masked=entry.document.number_masked,
            gender=entry.gender,
            born_on=entry.born_on,
            share_count=shares,
            contribution_amount=version.contribution_amount * shares,
            previous_end=previous_end,
            planned_class="renewal" if previous_end else "first",
        )
    application.member_count = members
    application.contribution_amount = version.contribution_amount * shares * members
    application.first_reviewed_by_person, application.first_reviewed_at = "13900000008", NOON
    application.second_reviewed_by_person, application.second_reviewed_at = "13900000009", NOON
    application.submission_count, application.submitted_at = 1, NOON
    for step in ("awaiting_form", "first_review", "second_review", "awaiting_payment"):
        move(application, step, at=NOON)
        if step == state:
            break
    return application


def open_slip(
    amount: str | Decimal = "950.00",
    *,
    owner: Employer | None = None,
    application: EnrolmentApplication | None = None,
    at: dt.datetime = NOON,
) -> PaymentSlip:
    """A slip that waits for money."""
    society_account()
    application = application or approved_application(owner=owner)
    EnrolmentApplication.objects.filter(pk=application.pk, contribution_amount=0).update(contribution_amount=amount)
    slip = billing.issue_slip(application_id=application.pk, amount=Decimal(amount), by=reviewer(), at=at)
    return PaymentSlip.objects.select_related("employer", "application").get(pk=slip.pk)


def transfer(
    amount: str | Decimal,
    remark: str = "",
    *,
    name: str = "某某公司",
    account: str = "4401000200030004",
    day: dt.date = TODAY,
    minute: int = 0,
) -> Movement:
    """One movement on the society's account; negative is money out."""
    at = dt.datetime.combine(day, dt.time(10, minute), tzinfo=SHANGHAI)
    return Movement(at=at, amount=Decimal(amount), name=name, account=account, remark=remark)


def statement_file(*lines: Movement, opening: str = "10000.00", account: str = ACCOUNT) -> bytes:
    """An ICBC statement of these movements."""
    return write_icbc_csv(lines=lines, opening_balance=Decimal(opening), account_number=account)


def imported(
    *lines: Movement, by: Actor | None = None, opening: str = "10000.00", at: dt.datetime = NOON
) -> ImportResult:
    """The same, imported."""
    society_account()
    return billing.import_statement(
        account_number=ACCOUNT,
        content=statement_file(*lines, opening=opening),
        file_name="流水.csv",
        by=by or cashier(),
        at=at,
    )


def asked_extension(
    slip: PaymentSlip | None = None,
    *,
    days: int = 7,
    code: str = "approval",
    person: str = "13800000001",
    at: dt.datetime = NOON,
    **words: object,
) -> PaymentExtension:
    """A request of the slip's employer to pay so many days later."""
    slip = slip or open_slip()
    return billing.ask_extension(
        slip_id=slip.pk,
        new_due_on=slip.due_on + dt.timedelta(days=days),
        by=employer_actor(slip.employer, person=person),
        at=at,
        **{"reason_code": code, "reason": "款项正在审批，下周可付", "proof_id": None} | words,
    )


def part_paid(slip: PaymentSlip, amount: str | Decimal, *, minute: int = 0, opening: str = "10000.00") -> int:
    """Part of a slip's money, proposed and confirmed by two people; the bank line."""
    [line] = imported(transfer(amount, f"分次 {slip.number}", minute=minute), opening=opening).new_ids
    billing.propose_allocation(
        transaction_id=line, amounts={slip.pk: Decimal(amount)}, reason="分次汇款", by=cashier(), at=NOON
    )
    billing.confirm_allocation(transaction_id=line, by=another_cashier(), at=NOON)
    slip.refresh_from_db()
    return line


def asked_cancellation(
    slip: PaymentSlip | None = None, *, to_draft: bool = False, person: str = "13800000001", at: dt.datetime = NOON
) -> SlipCancellation:
    """A request of the slip's employer to cancel it although money has come in."""
    slip = slip or open_slip()
    return billing.ask_cancellation(
        slip_id=slip.pk, to_draft=to_draft, reason="名单有误", by=employer_actor(slip.employer, person=person), at=at
    )
