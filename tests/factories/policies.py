"""Paid applications with their covers, policies and receipt rights, made by the real operations; and stamped confirmations."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from huzhu.accounts.models import StaffPost
from huzhu.billing import operations as billing
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.employers.models import Employer
from huzhu.journeys.confirm_payment import confirm_payment
from huzhu.policies import operations as policies
from huzhu.policies.models import Policy
from huzhu.receipts import operations as receipts
from huzhu.receipts.models import EReceipt, ReceiptRequest
from huzhu.shared.actors import Actor, system_actor
from tests.factories import billing as money
from tests.factories.accounts import StaffPostFactory, office_actor
from tests.factories.roster import employer_actor

NOON = money.NOON
LATER = NOON + dt.timedelta(days=1)


def policy(*, members: int = 3, owner: Employer | None = None, shares: int = 1, **more) -> Policy:
    """A policy of a paid application: from 2025-08-12 on, 95 yuan a share."""
    application = money.approved_application(members=members, owner=owner, shares=shares, **more)
    slip = money.open_slip(application.contribution_amount, application=application)
    money.imported(money.transfer(slip.amount, slip.number))
    billing.match_new(by=system_actor(), at=NOON)
    confirm_payment(slip_id=slip.pk, by=system_actor(), at=NOON)
    return Policy.objects.select_related("employer", "application", "plan", "plan_version").get(application=application)


def payer(employer: Employer, *, person: str = "13800000001") -> Actor:
    """Who handles the money of an employer."""
    return employer_actor(employer, "finance", person=person)


def photo(name: str = "确认书.jpg") -> SimpleUploadedFile:
    """A photo of a sheet."""
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")


def scan(name: str = "确认书.pdf") -> SimpleUploadedFile:
    """A scanned sheet."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    return SimpleUploadedFile(name, out.getvalue(), content_type="application/pdf")


def confirmed(policy: Policy) -> Policy:
    """The same, with the stamped 参保确认书 sent back."""
    by = payer(policy.employer)
    file = documents.store_upload(
        upload=photo(), kind=FileKind.SEALED_CONFIRMATION, employer_id=policy.employer_id, by=by, at=NOON
    )
    return policies.attach_confirmation(policy_id=policy.pk, file_id=file.pk, by=by, at=NOON)


def receipt_request(*of: Policy, amount: Decimal | str | None = None, by: Actor | None = None) -> ReceiptRequest:
    """A request for all of these policies, in full unless an amount for each is named."""
    chosen = of or (confirmed(policy()),)
    employer = Employer.objects.get(pk=chosen[0].employer_id)
    return receipts.request_receipt(
        policy_ids=[each.pk for each in chosen],
        title=employer.name,
        credit_code=employer.credit_code,
        amounts={each.pk: Decimal(amount or each.contribution_amount) for each in chosen},
        by=by or payer(employer),
        at=NOON,
    )


def cashier_post(**more: object) -> StaffPost:
    """The post of a cashier of the whole association; `cashier_reviewer=True` for the second one."""
    return StaffPostFactory(branch=money.root(), **(more or {"cashier": True}))


def cashiers() -> tuple[Actor, Actor]:
    """Who issues, and another person who reviews and reverses, as their posts know them."""
    issuer = StaffPostFactory(branch=money.root(), cashier=True, user__name="黄志强")
    reviewer = StaffPostFactory(branch=money.root(), cashier_reviewer=True, user__name="林慧")
    return office_actor(issuer), office_actor(reviewer)


def issued(request: ReceiptRequest | None = None, *, by: Actor | None = None) -> EReceipt:
    """An issued receipt."""
    request = request or receipt_request()
    return receipts.issue_receipt(request_id=request.pk, by=by or cashiers()[0], at=LATER)
