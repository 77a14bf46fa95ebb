"""
One colour per meaning. A tone always comes with a word or an icon, so nothing is told by colour alone.

info: to know; done: finished well; waits: somebody must act; warns: will cost something; stops: cannot go on;
quiet: rests.
"""

from __future__ import annotations

from typing import Final

ICONS: Final = {
    "info": "info-circle",
    "done": "circle-check",
    "waits": "clock-hour-4",
    "warns": "alert-triangle",
    "stops": "circle-x",
    "quiet": "circle-dashed",
}

SEVERITIES: Final = {  # of precheck findings: tone, icon, word
    "block": ("stops", "ban", "不可参保"),
    "proof": ("waits", "paperclip", "需材料"),
    "warn": ("warns", "alert-triangle", "提示"),
    "info": ("info", "info-circle", "说明"),
}

MESSAGES: Final = {"debug": "quiet", "info": "info", "success": "done", "warning": "warns", "error": "stops"}

_STATES: Final = {
    "quiet": """
        draft not_started deleted cancelled declined withdrawn ended archived closed disabled left retired superseded retracted
        inactive void reversed set_aside duplicate skipped removed
    """,
    "info": """
        filling awaiting_form submitted registered allocated matched importing queued running scheduled sending upcoming
        adjudicated unbound
    """,
    "waits": """
        pending asked invited offered first_review second_review awaiting_payment open requested proposed waiting
        documents_requested
        submitted_to_head waiting_period unmatched pushed confirmed_by_employer partly_paid uploaded claimed in_review
    """,
    "done": """
        approved accepted effective paid confirmed accepted_by_head in_force active settled sent delivered done finished
        in_service imported resolved balanced verified posted bound complete issued published
    """,
    "warns": "returned returned_by_head expired lapsed overdue expiring retrying exception partial stalled",
    "stops": "rejected refused denied failed blocked bounced dead locked unbalanced",
}

STATES: Final = {state: tone for tone, states in _STATES.items() for state in states.split()}


def get_tone(state: str) -> str:
    """
    This function will return the tone of a state; a state nobody has described yet is plain information.
    """
    return STATES.get(str(state), "info")
