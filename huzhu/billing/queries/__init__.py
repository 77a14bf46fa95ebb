"""Questions about money, by theme: slips, what a line may mean, the day's proof, and what must always hold."""

from huzhu.billing.queries.candidates import Candidate, get_candidates, get_candidates_of, search_slips
from huzhu.billing.queries.daily_close import DailyClose, get_daily_close
from huzhu.billing.queries.invariants import Invariant, get_broken_invariants, get_money_invariants
from huzhu.billing.queries.matching import SlipBook, get_lines_to_match, get_slips_for_matching
from huzhu.billing.queries.slip_requests import (
    count_extensions_left,
    get_extension_terms,
    get_lines_naming,
    get_open_cancellation,
    get_open_extension,
    get_standing_allocations,
    tell_extension_reason,
)
from huzhu.billing.queries.slips import (
    Awaited,
    SlipLine,
    get_awaited,
    get_latest_safe_arrivals,
    get_slip_lines,
    get_slips_due_soon,
    get_slips_past_due,
    get_slips_to_settle,
    is_due_date_closed,
    is_replaced,
)

__all__ = [
    "Awaited",
    "Candidate",
    "DailyClose",
    "Invariant",
    "SlipBook",
    "SlipLine",
    "count_extensions_left",
    "get_awaited",
    "get_broken_invariants",
    "get_candidates",
    "get_candidates_of",
    "get_daily_close",
    "get_extension_terms",
    "get_latest_safe_arrivals",
    "get_lines_naming",
    "get_lines_to_match",
    "get_money_invariants",
    "get_open_cancellation",
    "get_open_extension",
    "get_slip_lines",
    "get_slips_due_soon",
    "get_slips_for_matching",
    "get_slips_past_due",
    "get_slips_to_settle",
    "get_standing_allocations",
    "is_due_date_closed",
    "is_replaced",
    "search_slips",
    "tell_extension_reason",
]
