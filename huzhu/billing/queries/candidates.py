"""Which slips an unmatched line may mean: by number or part of it, by amount, by a similar payer name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from huzhu.billing import matching
from huzhu.billing.models import BankTransaction, PaymentSlip, SlipQuerySet
from huzhu.shared.actors import Actor

MOST_CANDIDATES = 10
ALIKE = Decimal("0.5")  # share of common pairs of characters from which two names count as similar


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One slip a line may mean, with the reasons in words; the highest score comes first."""

    slip: PaymentSlip
    score: Decimal
    reasons: list[str] = field(default_factory=list)


# Names are compared by pairs of neighbouring characters, twice the common ones over all (Dice); the line's side is prepared once.
_CANDIDATES = """
WITH line AS (
    SELECT t.id, t.amount, asked.numbers, asked.fragments, asked.name, asked.pairs
    FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(fragments)s::text[], %(names)s::text[], %(pairs)s::text[])
        AS given(id, numbers, fragments, name, pairs)
    CROSS JOIN LATERAL (SELECT string_to_array(given.numbers, ' ') AS numbers, string_to_array(given.fragments, ' ') AS fragments,
        given.name, string_to_array(given.pairs, ' ') AS pairs) asked
    JOIN billing_banktransaction t ON t.id = given.id
), slip AS (
    SELECT s.id, s.number, s.amount - s.allocated_amount AS open_amount, s.state,
        lower(regexp_replace(normalize(e.name, NFKC), '[\\s·•．.,，、()\\-_/]+', '', 'g')) AS name
    FROM billing_paymentslip s JOIN employers_employer e ON e.id = s.employer_id
    WHERE s.state = 'open' OR s.number = ANY(%(all_numbers)s)
), told AS (
    SELECT line.id AS line_id, slip.id AS slip_id,
        slip.number = ANY(line.numbers) AS is_named,
        EXISTS (SELECT 1 FROM unnest(line.fragments) f WHERE strpos(slip.number, f) > 0) AS has_fragment,
        slip.state = 'open' AND slip.open_amount = line.amount AS has_amount,
        CASE WHEN line.name = slip.name THEN 1.0
             WHEN cardinality(line.pairs) = 0 OR length(slip.name) < 2 THEN 0.0
             ELSE 2.0 * (SELECT count(*) FROM generate_series(1, length(slip.name) - 1) i
                         WHERE substr(slip.name, i, 2) = ANY(line.pairs))
                  / (cardinality(line.pairs) + length(slip.name) - 1) END AS likeness
    FROM line CROSS JOIN slip
), scored AS (
    SELECT told.*, 8 * is_named::int + 3 * has_fragment::int + 3 * has_amount::int
        + CASE WHEN likeness >= %(alike)s THEN 2 * likeness ELSE 0 END AS score
    FROM told WHERE is_named OR has_fragment OR has_amount OR likeness >= %(alike)s
), ranked AS (
    SELECT scored.*, row_number() OVER (PARTITION BY line_id ORDER BY score DESC, slip_id) AS place FROM scored
)
SELECT line_id, slip_id, is_named, has_fragment, has_amount, likeness, score FROM ranked WHERE place <= %(most)s
ORDER BY line_id, place
"""


def get_candidates_of(
    *, transactions: Sequence[BankTransaction], looks_alike: bool = False
) -> dict[int, list[Candidate]]:
    """
    This function will list, by line id, up to ten slips each line may mean, best first. Two queries for any number of lines.

    :param looks_alike: also compare names that are only similar; every open slip is looked at for every line, so keep it for one
    """
    if not transactions:
        return {}
    named = [" ".join(matching.find_named(line.remark).all) for line in transactions]
    folded = [matching.fold_name(line.counterparty_name) for line in transactions]
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "ids": [line.pk for line in transactions],
                "numbers": named,
                "all_numbers": sorted({number for each in named for number in each.split()}),
                "fragments": [" ".join(matching.find_fragments(line.remark)) for line in transactions],
                "names": folded,
                "pairs": [" ".join(_pairs(name)) if looks_alike else "" for name in folded],
                "alike": ALIKE,
                "most": MOST_CANDIDATES,
            },
        )
        rows = cursor.fetchall()
    slips = PaymentSlip.objects.select_related("employer", "application").in_bulk({row[1] for row in rows})
    found: dict[int, list[Candidate]] = {line.pk: [] for line in transactions}
    for line_id, slip_id, is_named, has_fragment, has_amount, likeness, score in rows:
        told = {
            "备注含此单号": is_named,
            "备注含单号片段": has_fragment and not is_named,
            "金额一致": has_amount,
            "户名一致" if likeness == 1 else f"户名相近 {likeness:.0%}": likeness >= ALIKE,
        }
        reasons = [reason for reason, holds in told.items() if holds]
        found[line_id].append(Candidate(slip=slips[slip_id], score=score, reasons=reasons))
    return found


def get_candidates(*, transaction: BankTransaction) -> list[Candidate]:
    """
    This function will list up to ten slips an unmatched line may mean, best first, each with its reasons.
    """
    return get_candidates_of(transactions=[transaction], looks_alike=True)[transaction.pk]


def _pairs(name: str) -> set[str]:
    return {name[i : i + 2] for i in range(len(name) - 1)}


def search_slips(*, words: str, by: Actor) -> SlipQuerySet:
    """
    This function will find slips by number or part of it, employer name or its pinyin initials, or exact amount.
    """
    sought = words.strip()
    slips = PaymentSlip.objects.visible_to(by).select_related("employer", "application")
    if not sought:
        return slips.none()
    numbers = matching.find_named(sought).all
    if numbers:
        return slips.filter(number__in=numbers).order_by("-id")
    query = slips.filter(employer__name__icontains=sought) | slips.filter(number__icontains=sought)
    if sought.isascii() and sought.isalpha():
        query |= slips.filter(employer__name_initials__istartswith=sought)
    amount = sought.replace(",", "")
    if amount.replace(".", "", 1).isdecimal() and amount.isascii() and len(amount) < 14:
        query |= slips.filter(amount=Decimal(amount))
    return query.order_by("-id")
