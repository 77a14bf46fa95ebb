"""Keeping what an application was judged by, for good."""

from __future__ import annotations

from datetime import datetime

from huzhu.enrolment.models import EnrolmentApplication, JudgedPart, Judgement, Occasion
from huzhu.enrolment.precheck import Verdict

PARTS_AT_ONCE = 50


def keep_judgement(application: EnrolmentApplication, verdict: Verdict, *, occasion: Occasion, at: datetime) -> None:
    """
    This function will keep the frozen facts and findings of a run that decided something on a locked application.
    """
    frozen = verdict.frozen
    assert frozen is not None, "the run was asked to freeze its facts"
    judgement = Judgement.objects.create(
        application=application,
        submission=application.submission_count,
        occasion=occasion,
        judged_at=at,
        rule_versions=frozen.rule_versions,
        parameters=frozen.parameters,
        columns=frozen.columns,
    )
    JudgedPart.objects.bulk_create(
        (
            JudgedPart(
                judgement=judgement,
                table=part.table,
                first_worker=part.first_worker,
                last_worker=part.last_worker,
                row_count=part.row_count,
                seal_id=part.seal_id,
                sealed=part.sealed,
            )
            for part in frozen.parts
        ),
        batch_size=PARTS_AT_ONCE,
    )
