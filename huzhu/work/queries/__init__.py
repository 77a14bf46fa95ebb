"""What waits for whom, who has it, who stands in for whom, what was done, started and shown."""

from huzhu.work.queries.colleagues import (
    get_actor_for,
    get_colleagues,
    get_deputies,
    get_principals,
    get_staff_actor,
    get_standing_deputy,
)
from huzhu.work.queries.lists import KindCount, Wanted, WorkPage, WorkRow, count_work, get_work
from huzhu.work.queries.past import (
    CopyRow,
    Turn,
    count_unread,
    describe,
    get_copies,
    get_done,
    get_own_copies,
    get_started,
)
from huzhu.work.queries.records import get_live, get_refusal, get_visible, get_words, with_claims

__all__ = [
    "CopyRow",
    "KindCount",
    "Turn",
    "Wanted",
    "WorkPage",
    "WorkRow",
    "count_unread",
    "count_work",
    "describe",
    "get_actor_for",
    "get_colleagues",
    "get_copies",
    "get_deputies",
    "get_done",
    "get_live",
    "get_own_copies",
    "get_principals",
    "get_refusal",
    "get_staff_actor",
    "get_standing_deputy",
    "get_started",
    "get_visible",
    "get_words",
    "get_work",
    "with_claims",
]
