"""Verdicts of reviewers in words, for both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huzhu.enrolment.code_lists import tell_return_reasons
from huzhu.enrolment.models import ApplicationMember, Review
from huzhu.web.presenters import people

STAGES = {1: "初审", 2: "复审"}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Why an application was returned, and which people need mending; no people means the whole."""

    stage: str
    at: datetime
    by: str
    reasons: list[str]
    text: str
    member_ids: list[int]
    people: list[ApplicationMember]


def get_verdict(review: Review) -> Verdict:
    """
    This function will put a return into words, with the people it names.
    """
    return Verdict(
        stage=STAGES[review.stage],
        at=review.reviewed_at,
        by=review.reviewer_name,
        reasons=tell_return_reasons(review.reason_codes, at=review.reviewed_at),
        text=review.reason,
        member_ids=review.member_ids,
        people=people.get_names(review.member_ids) if review.member_ids else [],
    )
