"""日清: what came in on a day must be what was done with it; any difference names its rows (§2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from huzhu.billing.guards import STANDING

ZERO = Decimal("0.00")

# The bank's side is the statement lines; the other side is what allocations and ledger say about the same lines. They are
# written by different rows, so that a difference can show.
_LINES = f"""
WITH line AS (
    SELECT id, amount FROM billing_banktransaction
    WHERE received_on = %(day)s AND is_incoming AND currency = 'CNY'
), done AS (
    SELECT line.id, line.amount,
        coalesce((SELECT sum(a.amount) FROM {STANDING} a WHERE a.transaction_id = line.id), 0) AS allocated,
        -coalesce(sum(p.amount) FILTER (WHERE p.account = 'credit_balance'), 0) AS credited,
        -coalesce(sum(p.amount) FILTER (WHERE p.account = 'refunds'), 0) AS refunded,
        -coalesce(sum(p.amount) FILTER (WHERE p.account = 'unallocated'), 0) AS unallocated
    FROM line
    LEFT JOIN billing_ledgerentry e ON e.transaction_id = line.id
    LEFT JOIN billing_ledgerposting p ON p.entry_id = e.id
    GROUP BY line.id, line.amount
)
SELECT id, amount, allocated, credited, refunded, unallocated FROM done
"""

_SETTLED = """
SELECT s.id, s.number, a.number, 'paid' FROM billing_paymentslip s
JOIN enrolment_enrolmentapplication a ON a.id = s.application_id
WHERE s.state = 'paid' AND (s.paid_at AT TIME ZONE 'Asia/Shanghai')::date = %(day)s AND a.state <> 'effective'
UNION ALL
SELECT s.id, s.number, a.number, 'effective' FROM enrolment_enrolmentapplication a
JOIN LATERAL (SELECT * FROM billing_paymentslip s WHERE s.application_id = a.id ORDER BY s.id DESC LIMIT 1) s ON true
WHERE a.state = 'effective' AND (a.effective_at AT TIME ZONE 'Asia/Shanghai')::date = %(day)s AND s.state <> 'paid'
AND a.contribution_amount > a.subsidy_amount
"""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One row that does not add up, by what it is and how much it is out, in yuan."""

    kind: str  # line, slip
    pk: int
    what: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class DailyClose:
    """The sums of one value date in yuan, and the rows that do not add up (none on a good day)."""

    day: date
    line_count: int
    bank_in: Decimal
    allocated: Decimal
    credited: Decimal
    refunded: Decimal
    unallocated: Decimal
    settled_count: int
    settled_amount: Decimal
    differences: list[Difference]

    @property
    def difference(self) -> Decimal:
        """Bank in − (allocated + credit + refunds + unallocated); 0.00 on a good day."""
        return self.bank_in - self.allocated - self.credited - self.refunded - self.unallocated

    @property
    def is_clean(self) -> bool:
        """Whether every row adds up, not only the sums."""
        return not self.differences


def get_daily_close(*, day: date) -> DailyClose:
    """
    This function will prove one value date: bank in = allocated + credit + refunds + unallocated, and the slips settled that day
    are the applications that became effective. Three queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"day": day})
        rows = cursor.fetchall()
        cursor.execute(_SETTLED, {"day": day})
        unsettled = cursor.fetchall()
        cursor.execute(
            "SELECT count(*), coalesce(sum(amount), 0) FROM billing_paymentslip "
            "WHERE state = 'paid' AND (paid_at AT TIME ZONE 'Asia/Shanghai')::date = %s",
            [day],
        )
        settled_count, settled_amount = cursor.fetchone()
    differences = [
        Difference(kind="line", pk=pk, what="到账金额与核销、预存、退款、待核销之和不一致", amount=out)
        for pk, amount, *parts in rows
        if (out := amount - sum(parts, ZERO))
    ]
    words = {"paid": "已缴款，但参保申请 {} 未生效", "effective": "未缴款，但参保申请 {} 已生效"}
    differences += [
        Difference(kind="slip", pk=pk, what=f"缴款单 {slip} {words[side].format(application)}", amount=ZERO)
        for pk, slip, application, side in unsettled
    ]
    sums = [sum((row[i] for row in rows), ZERO) for i in range(1, 6)]
    return DailyClose(
        day=day,
        line_count=len(rows),
        bank_in=sums[0],
        allocated=sums[1],
        credited=sums[2],
        refunded=sums[3],
        unallocated=sums[4],
        settled_count=settled_count,
        settled_amount=settled_amount,
        differences=differences,
    )
