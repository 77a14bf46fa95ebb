"""What the association's own people do in the demo: receive the money, cancel and expire slips, and leave some work open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from huzhu.accounts.models import StaffPost
from huzhu.billing.models import BankTransaction, PaymentSlip
from huzhu.billing.statements.writing import Movement, write_ccb_xlsx, write_icbc_csv
from huzhu.billing.states import SlipState
from huzhu.demo import files
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys import import_statement as journey
from huzhu.journeys.cancel_slip import cancel_slip
from huzhu.journeys.expire_slips import expire_slips
from huzhu.policies import operations as policies
from huzhu.policies.models import Policy
from huzhu.shared.actors import Actor, Side, system_actor

ICBC, CCB = "3602000109200012345", "44050158000100000678"
ACCOUNTS = (  # number, bank, name of the bank, printed on slips
    (ICBC, "icbc", "中国工商银行广州北京路支行", True),
    (CCB, "ccb", "中国建设银行广州东风中路支行", False),
)
OPENING = Decimal("1000000.00")


def get_actor(login_name: str) -> Actor:
    """One of the demo's staff, acting."""
    post = StaffPost.objects.select_related("user", "branch").get(user__login_name=login_name)
    return Actor(
        user_id=post.user_id,
        name=post.user.name,
        person=post.user.mobile,
        side=Side.OFFICE,
        roles=frozenset(post.roles),
        branch_path=post.branch.path,
    )


def receive_money(arrivals: Mapping[int, datetime], *, now: datetime, opening: Decimal = OPENING) -> None:
    """
    Import the bank's files: last year's payments, then this month's, each with the slip number in the remark.

    :param arrivals: when the money for each application comes
    :param opening: the balance of the account before
    """
    slips = PaymentSlip.objects.select_related("employer").filter(state=SlipState.OPEN, application_id__in=arrivals)
    paying = [(arrivals[slip.application_id], slip) for slip in slips.order_by("id")]
    movements = [
        Movement(
            at=at,
            amount=slip.amount,
            name=slip.employer.name,
            account=f"44{slip.pk:014d}",
            remark=f"保障费 {slip.number}",
        )
        for at, slip in sorted(paying, key=lambda pair: pair[0])
    ]
    last_year = [one for one in movements if one.at < now - timedelta(days=200)]
    this_year = [one for one in movements if one.at >= now - timedelta(days=200)]
    balance = opening
    for lines in (last_year, this_year):
        if lines:
            _import_icbc(lines, opening=balance, at=lines[-1].at + timedelta(hours=14))
            balance += sum(line.amount for line in lines)


def get_balance() -> Decimal:
    """What the ICBC account holds after the payments received so far."""
    received = BankTransaction.objects.filter(account__number=ICBC).aggregate(sum=Sum("amount"))["sum"]
    return OPENING + (received or 0)


def leave_open_work(*, now: datetime) -> None:
    """Money nobody can match by itself, for the cashiers to look into: no number, too little, a payer nobody knows."""
    waiting = list(PaymentSlip.objects.select_related("employer").filter(state=SlipState.OPEN).order_by("id")[:3])
    at = now - timedelta(days=1)
    lines = [
        Movement(
            at=at, amount=waiting[0].amount, name=f"{waiting[0].employer.name}工会委员会", remark="职工互助保障费"
        ),
        Movement(at=at, amount=waiting[1].amount - 95, name=waiting[1].employer.name, remark=waiting[1].number),
        Movement(at=at, amount=Decimal("950.00"), name="李明", remark="互助金"),
        Movement(at=at, amount=Decimal("-18.50"), name="中国建设银行", remark="手续费"),
    ]
    content = write_ccb_xlsx(lines=lines, opening_balance=OPENING, account_number=CCB)
    journey.import_statement(
        account_number=CCB,
        content=content,
        file_name="建行流水.xlsx",
        by=get_actor("caiwu"),
        at=now - timedelta(hours=20),
    )


def _import_icbc(lines: list[Movement], *, opening: Decimal, at: datetime) -> None:
    content = write_icbc_csv(lines=lines, opening_balance=opening, account_number=ICBC)
    journey.import_statement(
        account_number=ICBC, content=content, file_name="工行流水.csv", by=get_actor("caiwu"), at=at
    )


def confirm_policy(policy: Policy, *, by: Actor, at: datetime) -> None:
    """The employer sends the stamped 参保确认书 back."""
    file = documents.store_upload(
        upload=files.photo("盖章参保确认书.jpg"),
        kind=FileKind.SEALED_CONFIRMATION,
        employer_id=by.employer_id,
        by=by,
        at=at,
    )
    policies.attach_confirmation(policy_id=policy.pk, file_id=file.pk, by=by, at=at)


def cancel(application: EnrolmentApplication | None, *, by: Actor, at: datetime) -> None:
    """申请撤单 before any money came."""
    slip = PaymentSlip.objects.get(application=application, state=SlipState.OPEN)
    cancel_slip(slip_id=slip.pk, to_draft=False, reason="本年度预算调整，暂不参保", by=by, at=at)


def expire_what_is_late(*, at: datetime) -> None:
    """The nightly job, one night: slips past their due date for which nothing came."""
    expire_slips(by=system_actor(), at=at)
