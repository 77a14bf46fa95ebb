"""Questions about receipts: what can still be receipted, what was asked for, what was issued, and whether one is genuine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from huzhu.accounts import scope
from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.enrolment.models import Subsidy
from huzhu.policies.models import Policy, PolicyVersion
from huzhu.receipts import rules
from huzhu.receipts.models import EReceipt, ReceiptLine, ReceiptRequest, ReceiptRight
from huzhu.receipts.states import LIVE
from huzhu.shared.actors import Actor, Side

_AMOUNT = DecimalField(max_digits=14, decimal_places=2)


@dataclass(frozen=True, kw_only=True)
class OpenPolicy:
    """
    A paid policy for which a receipt may still be asked: how much of it. A policy to which people were added was paid by several
    slips; they are receipted one after the other, the oldest first.
    """

    policy: Policy
    application_id: int  # whose slip it is
    slip_number: str
    part: Decimal  # of the policy that the slip paid: contribution − subsidies
    taken: Decimal
    open_amount: Decimal


def _get_sponsored() -> Subquery:
    """What sponsors pay of a version of a policy: nobody is receipted for what somebody else paid."""
    paid = Subsidy.objects.filter(
        application=OuterRef("application"),
        member__application_plan__plan_version__plan=OuterRef("policy__plan"),
        held_at__isnull=False,
    )
    sums = paid.order_by().values("application").annotate(sum=Sum("amount")).values("sum")
    return Subquery(sums, output_field=_AMOUNT)


def get_taken(*, policy_ids: Iterable[int]) -> dict[tuple[int, int], Decimal]:
    """
    This function will give what live requests have taken of each policy and right, in yuan; those without any are left out.
    """
    rows = (
        ReceiptLine.objects.filter(policy_id__in=list(policy_ids), request__state__in=LIVE)
        .order_by()
        .values_list("policy_id", "right_id")
        .annotate(taken=Sum("amount"))
    )
    return {(policy, right): taken for policy, right, taken in rows}


def get_open_policies(*, by: Actor, policy_ids: Iterable[int] | None = None) -> list[OpenPolicy]:
    """
    This function will give the paid policies an employer may still ask a receipt for, newest first, in one statement.

    The right belongs to who paid: a group's head sees its subsidiaries' policies here, they do not see their own.
    """
    if by.side != Side.EMPLOYER or not by.employer_id:
        return []
    parts = _get_parts(employer_id=by.employer_id).filter(taken__lt=F("own_amount"), right_open__gt=0)
    if policy_ids is not None:
        parts = parts.filter(policy_id__in=list(policy_ids))
    oldest: dict[int, PolicyVersion] = {}
    for part in parts.order_by("-policy_id", "number"):
        oldest.setdefault(part.policy_id, part)
    return [_open_policy(part) for part in oldest.values()]


def get_paid_parts(*, employer_id: int, policy_ids: Iterable[int]) -> dict[int, OpenPolicy]:
    """
    This function will give of policies an employer has paid for the part that a request now takes from, by policy: the oldest with
    anything open, otherwise the latest.
    """
    found: dict[int, OpenPolicy] = {}
    for part in _get_parts(employer_id=employer_id).filter(policy_id__in=list(policy_ids)).order_by("number"):
        each = _open_policy(part)
        if part.policy_id not in found or not found[part.policy_id].open_amount:
            found[part.policy_id] = each
    return found


def _get_parts(*, employer_id: int) -> Any:
    """The versions of policies that a slip with a right of this employer has paid, each with what was taken and what is open."""
    right = "application__slips__receipt_right"
    taken = (
        ReceiptLine.objects.filter(
            policy_id=OuterRef("policy_id"), right_id=OuterRef(f"{right}__id"), request__state__in=LIVE
        )
        .order_by()
        .values("policy_id")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    return (
        PolicyVersion.objects.filter(**{f"{right}__employer_id": employer_id})
        .select_related("policy__plan", "policy__employer")
        .annotate(
            taken=Coalesce(Subquery(taken), Decimal("0.00"), output_field=_AMOUNT),
            own_amount=F("added_amount") - Coalesce(_get_sponsored(), Decimal("0.00"), output_field=_AMOUNT),
            right_open=F(f"{right}__amount") - F(f"{right}__requested_amount"),
            slip_number=F("application__slips__number"),
        )
    )


def _open_policy(part: Any) -> OpenPolicy:
    return OpenPolicy(
        policy=part.policy,
        application_id=part.application_id,
        slip_number=part.slip_number,
        part=part.own_amount,
        taken=part.taken,
        open_amount=rules.still_open(paid=part.own_amount, taken=part.taken, right_open=part.right_open),
    )


def count_open_rights(*, by: Actor) -> int:
    """
    This function will count the paid slips of an employer that are not receipted in full.
    """
    if by.side != Side.EMPLOYER or not by.employer_id:
        return 0
    return ReceiptRight.objects.filter(employer_id=by.employer_id, requested_amount__lt=F("amount")).count()


def get_requests(*, by: Actor, state: str = "", words: str = "") -> QuerySet[ReceiptRequest]:
    """
    This function will give the receipt requests somebody may see with employer, lines, policies and receipts: four statements.

    :param words: part of the request's number, of the title, of the employer's name or its initials, or a whole receipt number
    """
    found = (
        ReceiptRequest.objects.visible_to(by)
        .select_related("employer__branch")
        .prefetch_related(
            Prefetch("lines", ReceiptLine.objects.select_related("policy__plan", "right__slip")),
            Prefetch("receipts", EReceipt.objects.order_by("pk")),
        )
    )
    if state:
        found = found.filter(state=state)
    if words := words.strip():
        found = found.filter(
            Q(number__icontains=words)
            | Q(title__icontains=words)
            | Q(employer__name__icontains=words)
            | Q(employer__name_initials__startswith=words.lower())
            | Q(pk__in=EReceipt.objects.filter(receipt_number=words).values("request_id"))
        )
    return found


def get_receipts(
    *, by: Actor, words: str = "", issued_from: date | None = None, issued_to: date | None = None
) -> QuerySet[EReceipt]:
    """
    This function will give the issued receipts somebody may see, red ones too, with request, employer and what reverses them.

    :param words: part of the receipt's number, of the request's number, or of the title
    """
    found = EReceipt.objects.visible_to(by).select_related("request", "employer", "reverses", "reversed_by")
    if words := words.strip():
        found = found.filter(
            Q(receipt_number__icontains=words)
            | Q(request__number__icontains=words)
            | Q(request__title__icontains=words)
        )
    if issued_from:
        found = found.filter(issued_on__gte=issued_from)
    if issued_to:
        found = found.filter(issued_on__lte=issued_to)
    return found


def find_receipt(*, receipt_code: str, receipt_number: str, check_code: str) -> EReceipt | None:
    """
    This function will find the receipt that code, number and check code together name, for the public check page.
    """
    return (
        EReceipt.objects.select_related("request", "reversed_by", "reverses")
        .filter(receipt_code=receipt_code, receipt_number=receipt_number, check_code=check_code.lower())
        .first()
    )


def find_reviewer(*, request: ReceiptRequest, by: Actor) -> str:
    """
    This function will name the 财务复核 who stands beside the issuer on a receipt: of the employer's branch or the nearest office
    above it, another person with another name; empty if there is none.
    """
    above = (
        StaffPost.objects.select_related("user", "branch")
        .filter(roles__contains=[StaffRole.CASHIER_REVIEWER], user__is_active=True)
        .filter(branch__path__in=scope.get_paths_above(request.employer.branch))
        .exclude(user__mobile__in=by.persons)
        .exclude(user__name=by.name)
        .order_by("pk")
    )
    nearest = max(above, key=lambda post: len(post.branch.path), default=None)
    return nearest.user.name if nearest else ""
