"""参保申请: what an employer asks for, for whom, what the checks found, what was proved, and who reviewed it."""

from huzhu.enrolment.models.application import (
    ApplicationMember,
    ApplicationPlan,
    ApplicationQuerySet,
    EnrolmentApplication,
)
from huzhu.enrolment.models.findings import Finding, FoundByRule, RecordedFinding
from huzhu.enrolment.models.giving import ChosenCampaign, Subsidy
from huzhu.enrolment.models.judgements import JudgedPart, Judgement, Occasion
from huzhu.enrolment.models.proofs import PhoneLink, ProofFile, ProofSlot, ProofVerdict
from huzhu.enrolment.models.reviews import Review, Submission

__all__ = [
    "ApplicationMember",
    "ApplicationPlan",
    "ApplicationQuerySet",
    "ChosenCampaign",
    "EnrolmentApplication",
    "Finding",
    "FoundByRule",
    "JudgedPart",
    "Judgement",
    "Occasion",
    "PhoneLink",
    "ProofFile",
    "ProofSlot",
    "ProofVerdict",
    "RecordedFinding",
    "Review",
    "Submission",
    "Subsidy",
]
