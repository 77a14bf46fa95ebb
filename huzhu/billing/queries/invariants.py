"""What must always hold about money, each as SQL that returns no rows; `huzhu doctor` asks them of a running installation."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from huzhu.billing.guards import STANDING


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """One thing that must hold; `sql` returns (id, what is wrong) for every row that breaks it."""

    name: str
    title: str
    sql: str


_INVARIANTS = [
    Invariant(
        name="slip_is_its_allocations",
        title="缴款单的已核销金额等于各笔核销之和",
        sql="SELECT s.id, s.number || ': ' || s.allocated_amount FROM billing_paymentslip s "
        f"WHERE s.allocated_amount <> coalesce((SELECT sum(a.amount) FROM {STANDING} a WHERE a.slip_id = s.id), 0)",
    ),
    Invariant(
        name="line_is_its_allocations",
        title="银行流水的已核销金额等于各笔核销之和",
        sql="SELECT t.id, t.allocated_amount::text FROM billing_banktransaction t WHERE t.allocated_amount <> "
        f"coalesce((SELECT sum(a.amount) FROM {STANDING} a WHERE a.transaction_id = t.id), 0)",
    ),
    Invariant(
        name="entries_balance",
        title="每笔记账借贷相等且至少两个科目",
        sql="SELECT e.id, e.key FROM billing_ledgerentry e LEFT JOIN billing_ledgerposting p ON p.entry_id = e.id "
        "GROUP BY e.id, e.key HAVING count(p.id) < 2 OR coalesce(sum(p.amount), 1) <> 0",
    ),
    Invariant(
        name="ledger_holds_every_line",
        title="每笔人民币到账在账上记了一次",
        sql="SELECT t.id, t.amount::text FROM billing_banktransaction t WHERE t.is_incoming AND t.currency = 'CNY' "
        "AND t.amount <> coalesce((SELECT sum(p.amount) FROM billing_ledgerentry e JOIN billing_ledgerposting p "
        "ON p.entry_id = e.id WHERE e.transaction_id = t.id AND p.account = 'bank'), 0)",
    ),
    Invariant(
        name="unallocated_is_what_waits",
        title="账上的待核销款等于未核销的到账",
        sql="SELECT 0, ledger.amount || ' <> ' || lines.amount FROM "
        "(SELECT -coalesce(sum(amount), 0) AS amount FROM billing_ledgerposting WHERE account = 'unallocated') ledger, "
        "(SELECT coalesce(sum(amount - allocated_amount - credited_amount - refunded_amount), 0) AS amount "
        "FROM billing_banktransaction "
        "WHERE is_incoming AND currency = 'CNY') lines WHERE ledger.amount <> lines.amount",
    ),
    Invariant(
        name="receivable_is_what_is_open",
        title="账上的应收保障费等于待缴缴款单的未缴金额",
        sql="WITH ledger AS (SELECT employer_id, sum(amount) AS amount FROM billing_ledgerposting "
        "WHERE account = 'slips_receivable' GROUP BY employer_id), slips AS (SELECT employer_id, "
        "sum(amount - allocated_amount) AS amount FROM billing_paymentslip WHERE state IN ('open', 'paid') "
        "OR (state = 'expired' AND allocated_amount > 0) GROUP BY employer_id) "
        "SELECT coalesce(l.employer_id, s.employer_id), coalesce(l.amount, 0) || ' <> ' || coalesce(s.amount, 0) "
        "FROM ledger l FULL JOIN slips s ON s.employer_id = l.employer_id WHERE coalesce(l.amount, 0) <> coalesce(s.amount, 0)",
    ),
    Invariant(
        name="subsidies_are_held_places",
        title="账上的应收补贴等于待缴款和已生效申请中各出资单位承担的金额",
        sql="WITH ledger AS (SELECT sponsor_id, sum(amount) AS amount FROM billing_ledgerposting "
        "WHERE account = 'subsidy_receivable' GROUP BY sponsor_id), held AS (SELECT p.id AS sponsor_id, sum(s.amount) AS amount "
        "FROM enrolment_subsidy s JOIN enrolment_enrolmentapplication a ON a.id = s.application_id "
        "JOIN gifts_giftcampaign c ON c.id = s.campaign_id JOIN gifts_sponsor p ON p.name = c.sponsor "
        "WHERE s.held_at IS NOT NULL AND a.state IN ('awaiting_payment', 'effective') GROUP BY p.id) "
        "SELECT coalesce(l.sponsor_id, h.sponsor_id), coalesce(l.amount, 0) || ' <> ' || coalesce(h.amount, 0) "
        "FROM ledger l FULL JOIN held h ON h.sponsor_id = l.sponsor_id WHERE coalesce(l.amount, 0) <> coalesce(h.amount, 0)",
    ),
    Invariant(
        name="slip_is_what_is_left_to_pay",
        title="待缴和已缴的缴款单金额等于保障费减去赠送和补贴",
        sql="SELECT s.id, s.number FROM billing_paymentslip s JOIN enrolment_enrolmentapplication a ON a.id = s.application_id "
        "WHERE s.state IN ('open', 'paid') AND a.state IN ('awaiting_payment', 'effective') "
        "AND s.amount <> a.contribution_amount - a.subsidy_amount",
    ),
    Invariant(
        name="members_add_up",
        title="每人的赠送和补贴等于各项活动之和，不超过保障费，合计等于申请的金额",
        sql="WITH held AS (SELECT s.member_id, sum(s.amount) AS amount FROM enrolment_subsidy s "
        "JOIN enrolment_enrolmentapplication a ON a.id = s.application_id WHERE s.held_at IS NOT NULL GROUP BY s.member_id) "
        "SELECT m.id, held.amount::text FROM held JOIN enrolment_applicationmember m ON m.id = held.member_id "
        "WHERE held.amount <> m.subsidy_amount OR held.amount > m.contribution_amount OR m.removed_at IS NOT NULL",
    ),
    Invariant(
        name="places_are_promised",
        title="占用的名额都属于已提交的申请，不超过名额和预算",
        sql="SELECT s.id, a.number FROM enrolment_subsidy s JOIN enrolment_enrolmentapplication a ON a.id = s.application_id "
        "WHERE s.held_at IS NOT NULL AND a.state NOT IN "
        "('awaiting_form', 'first_review', 'second_review', 'awaiting_payment', 'effective') "
        "UNION ALL SELECT q.id, q.person_count::text FROM gifts_quota q WHERE q.person_count < (SELECT count(*) "
        "FROM enrolment_subsidy s WHERE s.quota_id = q.id AND s.held_at IS NOT NULL) "
        "UNION ALL SELECT c.id, c.name FROM gifts_giftcampaign c WHERE c.budget_amount < (SELECT sum(s.amount) "
        "FROM enrolment_subsidy s WHERE s.campaign_id = c.id AND s.held_at IS NOT NULL)",
    ),
    Invariant(
        name="paid_slip_is_effective",
        title="缴款单已缴款，参保申请就已生效",
        sql="SELECT s.id, s.number FROM billing_paymentslip s JOIN enrolment_enrolmentapplication a ON a.id = s.application_id "
        "WHERE s.state = 'paid' AND a.state <> 'effective'",
    ),
    Invariant(
        name="cover_was_paid",
        title="有保障就有已缴款的缴款单，或是无需缴款的申请",
        sql="SELECT c.application_id, min(c.id)::text FROM cover_cover c JOIN enrolment_enrolmentapplication a "
        "ON a.id = c.application_id AND a.contribution_amount > a.subsidy_amount WHERE EXISTS "
        "(SELECT 1 FROM billing_paymentslip s WHERE s.application_id = c.application_id) AND NOT EXISTS "
        "(SELECT 1 FROM billing_paymentslip s WHERE s.application_id = c.application_id AND s.state = 'paid') "
        "GROUP BY c.application_id",
    ),
    Invariant(
        name="paid_slip_has_cover",
        title="缴款单已缴款，就有保障或写明未承保原因的人员",
        sql="SELECT s.id, s.number FROM billing_paymentslip s WHERE s.state = 'paid' "
        "AND NOT EXISTS (SELECT 1 FROM cover_cover c WHERE c.application_id = s.application_id) "
        "AND NOT EXISTS (SELECT 1 FROM enrolment_applicationmember m WHERE m.application_id = s.application_id "
        "AND m.left_out_reason <> '')",
    ),
    Invariant(
        name="cancelled_slip_holds_no_money",
        title="已撤单的缴款单没有核销款",
        sql="SELECT s.id, s.number FROM billing_paymentslip s WHERE s.state = 'cancelled' AND s.allocated_amount <> 0",
    ),
    Invariant(
        name="full_slip_is_settled",
        title="足额核销的缴款单已确认缴款",
        sql="SELECT s.id, s.number FROM billing_paymentslip s WHERE s.state IN ('open', 'expired') "
        "AND s.allocated_amount = s.amount",
    ),
    Invariant(
        name="by_hand_was_checked",
        title="人工认领由另一人复核",
        sql="SELECT a.id, a.transaction_id::text FROM billing_paymentallocation a JOIN billing_banktransaction t "
        "ON t.id = a.transaction_id JOIN billing_bankstatement b ON b.id = t.statement_id WHERE a.match_step = 'by_hand' "
        "AND (a.confirmed_by_person IN ('', a.proposed_by_person, b.imported_by_person))",
    ),
]


def get_money_invariants() -> list[Invariant]:
    """
    This function will list what must hold about money.
    """
    return list(_INVARIANTS)


def get_broken_invariants(*, most: int = 20) -> dict[str, list[tuple[int, str]]]:
    """
    This function will ask every invariant and return, by name, up to `most` rows that break it; empty when all is well.
    """
    broken: dict[str, list[tuple[int, str]]] = {}
    with connection.cursor() as cursor:
        for invariant in _INVARIANTS:
            cursor.execute(f"SELECT * FROM ({invariant.sql}) broken LIMIT %s", [most])
            rows = cursor.fetchall()
            if rows:
                broken[invariant.name] = rows
    return broken
