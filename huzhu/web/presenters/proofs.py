"""The proof slots of an application in words: what they must show, whom they serve, what the reviewers said, what is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huzhu.enrolment import queries
from huzhu.enrolment.code_lists import tell_proof_reasons
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, ProofSlot, ProofVerdict
from huzhu.enrolment.states import ProofKind
from huzhu.plans.rules import PROOFS
from huzhu.web.presenters import papers as papers_presenter
from huzhu.web.presenters.papers import Paper
from huzhu.web.presenters.reviews import STAGES

MUST_SHOW = PROOFS | {ProofKind.INSURANCE_ROSTER: "名单全部页面、社保或医保机构名称，差异处有备注"}
MOST_NAMES = 30


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reviewer's last word on one slot. `stands` means that nothing new was put in since it was refused."""

    is_accepted: bool
    stage: str
    by: str
    at: datetime
    reason: str
    stands: bool
    is_now: bool  # said in the review under way


@dataclass(frozen=True, kw_only=True)
class Place:
    """One slot of a page: what it is for, whom it serves, what is there already, and what the reviewers said."""

    slot: ProofSlot
    label: str
    must_show: str
    people: list[str]
    more: int
    papers: list[Paper]
    error: str
    said: Said | None
    others: list[Said]  # what was said before, latest first

    @property
    def is_open(self) -> bool:
        """Whether a file is still missing; a table of the month does for the list."""
        if self.slot.is_refused and self.slot.is_needed:
            return True
        return self.slot.is_needed and not self.papers and self.slot.kind != ProofKind.INSURANCE_ROSTER

    @property
    def wants_reason(self) -> bool:
        """Whether accepting it needs a reason in words (rulebook §3, participation_floor)."""
        return self.slot.kind == ProofKind.PARTICIPATION_NOTE


def get_places(
    *, application: EnrolmentApplication, papers: list[Paper], errors: dict[str, str] | None = None
) -> list[Place]:
    """
    This function will give the slots of an application with what belongs into each, in four statements.
    """
    slots = list(queries.get_slots(application=application))
    serves, wanted = _get_names(application, slots), _get_must_show(application)
    said = _get_said(application, slots)
    return [
        Place(
            slot=slot,
            label=slot.get_kind_display(),
            must_show=wanted.get(slot.kind) or MUST_SHOW[slot.kind],
            people=serves.get(slot.kind, [])[:MOST_NAMES],
            more=max(0, len(serves.get(slot.kind, [])) - MOST_NAMES),
            papers=[paper for paper in papers if paper.slot_kind == slot.kind],
            error=(errors or {}).get(slot.kind, ""),
            said=next(iter(said.get(slot.pk, [])), None),
            others=said.get(slot.pk, [])[1:],
        )
        for slot in slots
    ]


def get_office_places(*, application: EnrolmentApplication) -> tuple[list[Place], list[Paper]]:
    """
    This function will give a reviewer the slots that hold something, and the papers that belong to none.
    """
    papers = papers_presenter.get_papers(application=application, audience="office")
    places = [place for place in get_places(application=application, papers=papers) if place.papers]
    return places, [paper for paper in papers if not paper.slot_kind]


def _get_said(application: EnrolmentApplication, slots: list[ProofSlot]) -> dict[int, list[Said]]:
    refused = {slot.pk for slot in slots if slot.is_refused}
    said: dict[int, list[Said]] = {}
    for verdict in ProofVerdict.objects.filter(slot__in=slots).order_by("-pk"):
        is_last = verdict.slot_id not in said
        said.setdefault(verdict.slot_id, []).append(
            _say(verdict, application, stands=is_last and verdict.slot_id in refused)
        )
    return said


def _say(verdict: ProofVerdict, application: EnrolmentApplication, *, stands: bool) -> Said:
    told = tell_proof_reasons([verdict.reason_code], at=verdict.reviewed_at) if verdict.reason_code else []
    stage = 2 if application.first_reviewed_at else 1
    return Said(
        is_accepted=verdict.is_accepted,
        stage=STAGES[verdict.stage],
        by=verdict.reviewer_name,
        at=verdict.reviewed_at,
        reason="：".join(filter(None, [*told, verdict.reason])),
        stands=stands,
        is_now=verdict.submission == application.submission_count and verdict.stage == stage,
    )


def _get_must_show(application: EnrolmentApplication) -> dict[str, str]:
    """What each proof must show, as the chosen plans want it; one file serves all of them."""
    wanted: dict[str, dict[str, None]] = {}
    for proofs in application.plans.values_list("plan_version__proofs", flat=True).order_by("pk"):
        for kind, words in proofs.items():
            wanted.setdefault(kind, {})[words] = None
    return {kind: "；".join(filter(None, words)) for kind, words in wanted.items()}


def _get_names(application: EnrolmentApplication, slots: list[ProofSlot]) -> dict[str, list[str]]:
    """Whom each kind of proof is about, in one statement."""
    rows = (
        ApplicationMember.objects.filter(
            application=application, removed_at__isnull=True, findings__proof_kind__in=[slot.kind for slot in slots]
        )
        .values_list("findings__proof_kind", "name", "worker_id")
        .distinct()
        .order_by("findings__proof_kind", "name", "worker_id")
    )
    names: dict[str, list[str]] = {}
    for kind, name, _ in rows:
        names.setdefault(kind, []).append(name)
    return names
