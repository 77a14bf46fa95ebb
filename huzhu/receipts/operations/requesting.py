"""开票申请: which policies, in whose name, for how much; under the locks of the money that was paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.policies.models import Policy
from huzhu.receipts import permissions, queries, rules
from huzhu.receipts.models import ReceiptLine, ReceiptRequest, ReceiptRight
from huzhu.receipts.operations import rights as rights_
from huzhu.receipts.queries import OpenPolicy
from huzhu.shared import money
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.identity import credit_code as credit_codes
from huzhu.shared.numbering import LARGEST_SEQUENCE, make_number

NUMBER_PREFIX = "KP"
MOST_POLICIES = 50  # as many lines as stay readable on receipts that go together
LONGEST_TITLE = 120


class RequestRefused(Exception):
    """
    What was asked for cannot be receipted. `problems` are the words by field: `policies`, `title`, `credit_code`,
    `amount-<policy>`, `confirmation-<policy>`.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(dict.fromkeys(problems.values())))
        self.problems = dict(problems)


@transaction.atomic
def request_receipt(
    *,
    policy_ids: Iterable[int],
    title: str,
    credit_code: str,
    amounts: Mapping[int, Decimal],
    by: Actor,
    at: datetime,
    remark: str = "",
) -> ReceiptRequest:
    """
    This function will ask for one e-receipt for one or several paid policies. Each needs its stamped 参保确认书; the amounts, in
    yuan by policy, are at most what was paid less what live requests have taken (rulebook §2.6).

    :raises permissions.NotPermitted: if the actor is none of the employer's payers
    :raises RequestRefused: with the words for every field that can not be taken
    """
    permissions.check(by, "receipt_request.ask", by.employer_id)
    policies = _get_policies(policy_ids)
    assert by.employer_id is not None
    parts = queries.get_paid_parts(employer_id=by.employer_id, policy_ids=[policy.pk for policy in policies])
    rights = rights_.lock_rights(
        application_ids={part.application_id for part in parts.values()}, employer_id=by.employer_id
    )
    title, problems = title.strip(), _judge_payer(title.strip(), credit_code)
    paid = {pk: rights[part.application_id] for pk, part in parts.items() if part.application_id in rights}
    problems |= _judge_policies(policies, policy_ids, paid)
    if not problems.get("policies"):
        problems |= _judge_amounts(policies, parts, paid, amounts)
    if problems:
        raise RequestRefused(problems)
    code = credit_codes.normalise_credit_code(credit_code)
    request = ReceiptRequest.objects.create(
        number=_make_number(at),
        employer_id=by.employer_id,
        title=title,
        credit_code=code,
        amount=sum((amounts[policy.pk] for policy in policies), Decimal("0.00")),
        remark=remark.strip()[:200],
        requested_at=at,
        requested_by_id=by.user_id,
        requested_by_person=by.person,
    )
    ReceiptLine.objects.bulk_create(
        [_make_line(request, policy, paid[policy.pk], amounts[policy.pk]) for policy in policies]
    )
    for policy in policies:
        paid[policy.pk].requested_amount += amounts[policy.pk]
    for right in rights.values():
        right.save(update_fields=["requested_amount"])
    audit.record("receipts.request", label="申请开票", subject=request, by=by, at=at, after=request.state)
    return request


def _get_policies(policy_ids: Iterable[int]) -> list[Policy]:
    found = Policy.objects.filter(pk__in=list(policy_ids)).select_related("plan", "plan_version")
    return list(found.order_by("pk"))


def _judge_payer(title: str, credit_code: str) -> dict[str, str]:
    problems = {}
    if not title:
        problems["title"] = "请填写票据抬头，一般为单位全称。"
    elif len(title) > LONGEST_TITLE:
        problems["title"] = f"票据抬头请控制在 {LONGEST_TITLE} 字以内。"
    try:
        credit_codes.check_credit_code(credit_code)
    except credit_codes.CreditCodeRefused as refusal:
        problems["credit_code"] = str(refusal)
    return problems


def _judge_policies(policies: list[Policy], asked: Iterable[int], paid: Mapping[int, ReceiptRight]) -> dict[str, str]:
    """Whether each is paid and this employer's to have receipted, by policy, and its confirmation is there."""
    asked = set(asked)
    if not asked:
        return {"policies": "请至少选择一张需要开票的保单。"}
    if len(asked) > MOST_POLICIES:
        return {"policies": f"一次最多选择 {MOST_POLICIES} 张保单，请分几次申请。"}
    if len(policies) < len(asked) or any(policy.pk not in paid for policy in policies):
        return {"policies": "所选保单中有的不能由贵单位开票：尚未缴款，或由集团总公司统一开票。请重新选择。"}
    return {
        f"confirmation-{policy.pk}": f"保单 {policy.number} 还没有上传盖章参保确认书，请下载打印、盖章后上传。"
        for policy in policies
        if policy.sealed_confirmation_id is None
    }


def _judge_amounts(
    policies: list[Policy],
    parts: Mapping[int, OpenPolicy],
    paid: Mapping[int, ReceiptRight],
    amounts: Mapping[int, Decimal],
) -> dict[str, str]:
    """Each amount against its policy and, taken together, against the money paid; under the locks of the rights."""
    problems = {}
    taken = queries.get_taken(policy_ids=[policy.pk for policy in policies])
    left = {right.pk: right.amount - right.requested_amount for right in paid.values()}
    for policy in policies:
        amount, key = amounts.get(policy.pk), f"amount-{policy.pk}"
        open_amount = rules.still_open(
            paid=parts[policy.pk].part,
            taken=taken.get((policy.pk, paid[policy.pk].pk), Decimal(0)),
            right_open=left[paid[policy.pk].pk],
        )
        if amount is None or amount <= 0 or amount != money.round_amount(amount):
            problems[key] = "请填写大于 0 的开票金额，精确到分。"
        elif amount > open_amount:
            words = "已经全部申请过开票" if open_amount == 0 else f"还可开票 {open_amount:,.2f} 元"
            problems[key] = f"保单 {policy.number} {words}，不能申请 {amount:,.2f} 元。请改小金额或去掉这张保单。"
        else:
            left[paid[policy.pk].pk] -= amount
    return problems


def _make_line(request: ReceiptRequest, policy: Policy, right: ReceiptRight, amount: Decimal) -> ReceiptLine:
    measured = rules.measure(amount=amount, contribution_per_share=policy.plan_version.contribution_amount)
    return ReceiptLine(
        request=request,
        right=right,
        policy=policy,
        item_name=f"{settings.RECEIPT_ITEM_NAME}（{policy.plan.name}{policy.plan.variant}）"[:60],
        unit_of_measure=measured.unit_of_measure,
        quantity=measured.quantity,
        unit_price=measured.unit_price,
        amount=amount,
        confirmation_id=policy.sealed_confirmation_id,
    )


def _make_number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('receipts_request_number')")
        (running,) = cursor.fetchone()
    return make_number(NUMBER_PREFIX, local_date(at), running % (LARGEST_SEQUENCE + 1))
