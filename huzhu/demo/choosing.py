"""A plan that leaves shares to each person, and a draft in which some women have chosen more."""

from __future__ import annotations

from datetime import datetime, timedelta

from huzhu.demo import office
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import ApplicationMember
from huzhu.journeys import plan_cases
from huzhu.plans import operations as plans
from huzhu.plans.models import Plan
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date

CODE = "WCI25"
CHOSEN = ((3, 2), (4, 3))  # so many women, so many shares


def leave_shares_to_each(owner: Actor, *, now: datetime) -> None:
    """
    This function will publish 女职工 cover whose shares each person chooses, and begin an employer's application for it.
    """
    by, second, begins = office.get_actor("chanpin"), office.get_actor("chanpin-fuhe"), now - timedelta(days=20)
    draft = plans.draft_version(plan_id=Plan.objects.get(code=CODE).pk, by=by, at=begins)
    draft = plans.change_draft(
        version_id=draft.pk,
        revision=draft.revision,
        figures={
            "valid_from": local_date(begins) + timedelta(days=1),
            "change_note": "份数由职工各自选择，理事会〔2026〕16 号",
            "uniform_shares": False,
        },
        by=by,
        at=begins,
    )
    waiting = plan_cases.propose(version_id=draft.pk, revision=draft.revision, by=by, at=begins)
    version = plan_cases.publish(version_id=waiting.pk, revision=waiting.revision, by=second, at=begins)
    application = enrolment.create_draft(employer_id=owner.employer_id or 0, by=owner, at=now - timedelta(hours=3))
    enrolment.set_plans(
        application_id=application.pk, choices=[(version.pk, 1)], by=owner, at=now - timedelta(minutes=170)
    )
    enrolment.add_from_roster(application_id=application.pk, by=owner, at=now - timedelta(minutes=160))
    women = list(ApplicationMember.objects.filter(application=application).order_by("name_initials", "pk"))
    for count, shares in CHOSEN:
        chosen, women = women[:count], women[count:]
        enrolment.set_shares(
            application_id=application.pk,
            member_ids=[woman.pk for woman in chosen],
            share_count=shares,
            by=owner,
            at=now - timedelta(minutes=150 - shares),
        )
    enrolment.run_precheck(application_id=application.pk, by=owner, at=now - timedelta(minutes=140))
    enrolment.set_wizard_step(application_id=application.pk, step="members", by=owner)
