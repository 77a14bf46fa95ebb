"""参保申请: what an employer asks for, for whom, what the checks found, what was proved, and who reviewed it."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.employers.models import Employer
from huzhu.enrolment.giving import ChosenCampaign as ChosenCampaign
from huzhu.enrolment.giving import Subsidy as Subsidy
from huzhu.enrolment.judgements import JudgedPart, Judgement, Occasion
from huzhu.enrolment.states import EDITABLE, WORKFLOW, ProofKind, Severity, State
from huzhu.plans.models import PlanVersion
from huzhu.roster.models import InsuranceRoster, RosterEntry, Worker
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor, Side
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only

__all__ = [
    "ApplicationMember",
    "ApplicationPlan",
    "EnrolmentApplication",
    "Finding",
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
]


class ApplicationQuerySet(models.QuerySet["EnrolmentApplication"]):
    """Applications somebody may see."""

    def visible_to(self, actor: Actor) -> ApplicationQuerySet:
        """An employer's people see their own; staff see submitted ones of their subtree."""
        rows = scope.narrow(self, actor, employer="employer_id", branch="employer__branch")
        if actor.side != Side.OFFICE:
            return rows
        return rows.exclude(state__in=[State.DRAFT, State.DELETED], submission_count=0)


class EnrolmentApplication(models.Model):
    """
    One employer's wish to enrol some of its people in one or several plans, from draft to cover.

    The states are told in `states.py`. `first_reviewed_by_person` and `second_reviewed_by_person` are verified mobiles,
    `…_for_person` those of whom a deputy stood in for: the two-person rule compares persons, and constraints repeat it.
    """

    number = models.CharField(max_length=20, unique=True)
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="applications")
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    wizard_step = models.CharField(max_length=12, default="plans")  # where the clerk left the wizard
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    created_by_person = models.CharField(max_length=20)
    submitted_at = models.DateTimeField(null=True)
    submitted_by_person = models.CharField(max_length=20, blank=True)
    submission_count = models.PositiveSmallIntegerField(default=0)
    form_code = models.CharField(max_length=16, blank=True)  # in the form's QR; void when the application is edited
    sealed_form_id = models.UUIDField(null=True)  # documents.StoredFile: the stamped photo
    first_reviewed_by_person = models.CharField(max_length=20, blank=True)
    first_reviewed_for_person = models.CharField(max_length=20, blank=True)  # whom the first reviewer stood in for
    first_reviewed_at = models.DateTimeField(null=True)
    second_reviewed_by_person = models.CharField(max_length=20, blank=True)
    second_reviewed_for_person = models.CharField(max_length=20, blank=True)
    second_reviewed_at = models.DateTimeField(null=True)
    return_reason = models.TextField(blank=True)
    return_codes = models.JSONField(default=list)
    # The lists that count, 社保 and 省直医保 (docs/adr/0015); the only list of older applications stands first, whatever its kind.
    insurance_roster = models.ForeignKey(InsuranceRoster, null=True, on_delete=models.PROTECT, related_name="+")
    medical_roster = models.ForeignKey(InsuranceRoster, null=True, on_delete=models.PROTECT, related_name="+")
    lists_chosen_at = models.DateTimeField(null=True)  # by hand; lists uploaded later count of themselves
    member_count = models.PositiveIntegerField(default=0)  # people
    contribution_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)  # all shares of all people
    subsidy_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)  # of all sponsors
    checked_at = models.DateTimeField(null=True)  # the last precheck; empty means it must run again
    rule_versions = models.JSONField(default=dict)  # of the last precheck, by code
    effective_at = models.DateTimeField(null=True)
    # 其余人员先行参保: of which application this was a part, and of which of its submissions, when that one came back.
    split_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="splits")
    split_of_submission = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField(default=0)
    # 增员: the policy this application adds people to; policies come later on the way, and know applications.
    endorsed_policy_id = models.BigIntegerField(null=True)
    endorsed_policy_number = models.CharField(max_length=20, blank=True)

    objects = ApplicationQuerySet.as_manager()

    privacy = data_classes(
        internal="id number employer state wizard_step created_at created_by_id submitted_at submission_count form_code "
        "sealed_form_id first_reviewed_at second_reviewed_at return_reason return_codes insurance_roster "
        "medical_roster lists_chosen_at member_count contribution_amount subsidy_amount checked_at rule_versions "
        "effective_at version endorsed_policy_id endorsed_policy_number split_from split_of_submission",
        personal="created_by_person submitted_by_person first_reviewed_by_person first_reviewed_for_person "
        "second_reviewed_by_person second_reviewed_for_person",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(endorsed_policy_id__isnull=True, endorsed_policy_number="")
                | Q(endorsed_policy_id__isnull=False) & ~Q(endorsed_policy_number=""),
                name="an_addition_names_its_policy",
            ),
            models.CheckConstraint(
                condition=Q(second_reviewed_by_person="") | ~Q(second_reviewed_by_person=F("first_reviewed_by_person")),
                name="two_persons_review",
            ),
            # A deputy's review counts as both persons': neither they nor whom they stood in for gives the other review.
            models.CheckConstraint(
                condition=(
                    Q(first_reviewed_for_person="")
                    | ~Q(second_reviewed_by_person=F("first_reviewed_for_person"))
                    & ~Q(second_reviewed_for_person=F("first_reviewed_for_person"))
                )
                & (Q(second_reviewed_for_person="") | ~Q(second_reviewed_for_person=F("first_reviewed_by_person"))),
                name="two_persons_review_through_deputies",
            ),
            models.CheckConstraint(
                condition=Q(first_reviewed_by_person="") | ~Q(first_reviewed_by_person=F("submitted_by_person")),
                name="first_reviewer_did_not_submit",
            ),
            models.CheckConstraint(
                condition=Q(second_reviewed_by_person="") | ~Q(second_reviewed_by_person=F("submitted_by_person")),
                name="second_reviewer_did_not_submit",
            ),
            models.CheckConstraint(
                condition=Q(first_reviewed_by_person="") | ~Q(first_reviewed_by_person=F("created_by_person")),
                name="first_reviewer_did_not_create",
            ),
            models.CheckConstraint(
                condition=Q(second_reviewed_by_person="") | ~Q(second_reviewed_by_person=F("created_by_person")),
                name="second_reviewer_did_not_create",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["awaiting_payment", "effective"])
                | (
                    Q(first_reviewed_at__isnull=False, second_reviewed_at__isnull=False)
                    & ~Q(first_reviewed_by_person="")
                    & ~Q(second_reviewed_by_person="")
                ),
                name="approved_was_reviewed_twice",
            ),
            models.UniqueConstraint(fields=["split_from", "split_of_submission"], name="a_submission_is_split_once"),
        ]
        indexes = [
            models.Index(fields=["employer", "state", "-id"], name="application_employer"),
            models.Index(fields=["state", "submitted_at"], name="application_queue"),
            models.Index(
                fields=["endorsed_policy_id"],
                condition=Q(endorsed_policy_id__isnull=False),
                name="application_of_policy",
            ),
        ]
        triggers = [
            *WORKFLOW.triggers(),
            two_persons.by_any_mobile(
                ["first_reviewed_by_person", "first_reviewed_for_person"],
                ["created_by_person", "submitted_by_person"],
                name="first_reviewer_by_any_mobile",
            ),
            two_persons.by_any_mobile(
                ["second_reviewed_by_person", "second_reviewed_for_person"],
                ["created_by_person", "submitted_by_person", "first_reviewed_by_person", "first_reviewed_for_person"],
                name="second_reviewer_by_any_mobile",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_addition(self) -> bool:
        """Test if it adds people to a policy (增员)."""
        return self.endorsed_policy_id is not None

    @property
    def added_to(self) -> str:
        """What it adds people to, in words; empty for another application."""
        return f"为保单 {self.endorsed_policy_number} 增员" if self.is_addition else ""

    @property
    def payable_amount(self) -> Decimal:
        """What the employer has to pay: contribution − subsidies, in yuan."""
        return self.contribution_amount - self.subsidy_amount

    @property
    def insurance_rosters(self) -> list[InsuranceRoster]:
        """The 社保 and 省直医保 lists the people are compared with."""
        return [each for each in (self.insurance_roster, self.medical_roster) if each is not None]

    @property
    def may_still_start(self) -> bool:
        """Test if its cover is still to come: it is being filled in, reviewed, or waits for money."""
        return self.state not in (State.EFFECTIVE, State.DELETED, State.CANCELLED, State.EXPIRED)

    @property
    def is_editable(self) -> bool:
        """Whether plans, people, proofs and dates may still be changed."""
        return self.state in EDITABLE


class ApplicationPlan(models.Model):
    """
    One plan an application asks for: the version on sale, shares per person, and the reference date (业务参考日期) if one was set.
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="plans")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    share_count = models.PositiveSmallIntegerField()
    reference_on = models.DateField(null=True)
    common_end = models.DateField(null=True)  # 增员 in a plan whose joiners end with the policy
    is_gift_only = models.BooleanField(
        default=False, db_default=False
    )  # one share, for those whom sponsors pay in full

    privacy = data_classes(internal="id application plan_version share_count reference_on common_end is_gift_only")

    class Meta:
        ordering = ["plan_version__plan_id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "plan_version"], name="a_plan_once_per_application"),
            models.CheckConstraint(condition=Q(share_count__gte=1), name="application_plan_has_shares"),
        ]


class ApplicationMember(models.Model):
    """
    One person in one plan of an application, as the roster described the person when the list was made.

    `removed_at` marks 本次不参保 (with undo). The planned period and class are the precheck's; cover decides at settlement.
    """

    # Without indexes of their own: `member_list` and `a_person_once_per_plan` begin with them.
    application = models.ForeignKey(
        EnrolmentApplication, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    application_plan = models.ForeignKey(
        ApplicationPlan, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=50)
    name_initials = models.CharField(max_length=50)
    number_masked = models.CharField(max_length=24)
    gender = models.CharField(max_length=6)
    born_on = models.DateField()
    mobile = models.CharField(max_length=20, blank=True)
    job_category = models.CharField(max_length=12, blank=True)
    employment_form = models.CharField(max_length=12, blank=True)
    department = models.CharField(max_length=60, blank=True)
    share_count = models.PositiveSmallIntegerField()
    contribution_amount = models.DecimalField(max_digits=14, decimal_places=2)
    subsidy_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)  # sum of `subsidies`
    planned_start = models.DateField(null=True)
    planned_end = models.DateField(null=True)
    planned_class = models.CharField(max_length=8, blank=True)
    previous_end = models.DateField(null=True)
    # Of the last check, for the floors shown beside the list: see `precheck.facts` for what they mean.
    is_over_age = models.BooleanField(default=False, db_default=False)
    is_category_needed = models.BooleanField(default=False, db_default=False)
    is_on_list = models.BooleanField(default=False, db_default=False)  # of 社保 or 省直医保
    removed_at = models.DateTimeField(null=True)
    lacks_gift = models.BooleanField(
        default=False, db_default=False
    )  # taken off by the check: the gift is not for this person
    left_out_reason = models.CharField(
        max_length=120, blank=True
    )  # at settlement: somebody else's slip was settled first

    privacy = data_classes(
        internal="id application application_plan worker entry job_category employment_form department share_count "
        "contribution_amount subsidy_amount planned_start planned_end planned_class previous_end is_over_age "
        "is_category_needed is_on_list removed_at lacks_gift left_out_reason",
        personal="name name_initials number_masked gender born_on mobile",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application_plan", "worker"], name="a_person_once_per_plan"),
            models.CheckConstraint(condition=Q(subsidy_amount__gte=0), name="a_subsidy_takes_nothing"),
        ]
        indexes = [models.Index(fields=["application", "name_initials", "id"], name="member_list")]
        triggers = of_one_employer(
            "SELECT FROM {rows} AS n JOIN enrolment_enrolmentapplication AS a ON a.id = n.application_id "
            "JOIN enrolment_applicationplan AS p ON p.id = n.application_plan_id "
            "JOIN roster_rosterentry AS e ON e.id = n.entry_id "
            "WHERE p.application_id <> n.application_id OR e.employer_id <> a.employer_id",
            fields=["application", "application_plan", "entry"],
        )

    @property
    def payable_amount(self) -> Decimal:
        """What is left to pay for this person in this plan, in yuan."""
        return self.contribution_amount - self.subsidy_amount


class FoundByRule(models.Model):
    """What one rule found, with the rule's version and inputs."""

    code = models.CharField(max_length=30)
    severity = models.CharField(max_length=6, choices=Severity)
    rule_version = models.PositiveSmallIntegerField()
    proof_kind = models.CharField(max_length=30, choices=ProofKind, blank=True)
    inputs = models.JSONField(default=dict)
    is_for_reviewers = models.BooleanField(default=False)  # what other employers say: never shown to the employer

    class Meta:
        abstract = True


class RecordedFinding(FoundByRule):
    """
    What a precheck found and wrote down about one person in one plan, a plan, or the whole application. Who enrols for the first
    time, renews or lapsed stands on the member's own row and is not written a second time; `Finding` reads both.
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="recorded_findings")
    application_plan = models.ForeignKey(ApplicationPlan, null=True, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(ApplicationMember, null=True, on_delete=models.CASCADE, related_name="recorded_findings")

    privacy = data_classes(
        internal="id application application_plan member code severity rule_version proof_kind is_for_reviewers",
        personal="inputs",
    )

    class Meta:
        db_table = "enrolment_finding"
        indexes = [models.Index(fields=["application", "severity", "code"], name="finding_list")]


class Finding(FoundByRule):
    """
    All findings as people read them: those recorded, and of everybody the class of cover with its waiting days (a view).
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.DO_NOTHING, related_name="findings")
    application_plan = models.ForeignKey(ApplicationPlan, null=True, on_delete=models.DO_NOTHING, related_name="+")
    member = models.ForeignKey(ApplicationMember, null=True, on_delete=models.DO_NOTHING, related_name="findings")

    privacy = data_classes(
        internal="id application application_plan member code severity rule_version proof_kind is_for_reviewers",
        personal="inputs",
    )

    class Meta:
        managed = False
        db_table = "enrolment_shownfinding"


class ProofSlot(models.Model):
    """
    One place for proof that the findings of an application call for; its files may serve many people.
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="proof_slots")
    kind = models.CharField(max_length=30, choices=ProofKind)
    person_count = models.PositiveIntegerField(default=0)
    is_needed = models.BooleanField(default=True)  # an earlier finding may be gone; its files stay
    is_refused = models.BooleanField(default=False, db_default=False)  # by a reviewer, and nothing new was put in since

    privacy = data_classes(internal="id application kind person_count is_needed is_refused")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "kind"], name="one_slot_per_kind")]


class ProofFile(models.Model):
    """One uploaded file in a proof slot."""

    slot = models.ForeignKey(ProofSlot, on_delete=models.CASCADE, related_name="files")
    file_id = models.UUIDField()  # documents.StoredFile
    added_at = models.DateTimeField()
    added_by_id = models.BigIntegerField(null=True)

    privacy = data_classes(internal="id slot file_id added_at added_by_id")


class PhoneLink(models.Model):
    """
    A short-lived way into one proof slot for a phone (手机扫码上传): a QR code beside the slot, opened without signing in.

    Its address is the id with our signature. It ends after minutes, by submitting, by its owner opening another, or used up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="phone_links")
    kind = models.CharField(max_length=30, choices=ProofKind)
    submission = models.PositiveSmallIntegerField()  # the application's count when it was opened
    opened_at = models.DateTimeField()
    opened_by_id = models.BigIntegerField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    try_count = models.PositiveSmallIntegerField(default=0)
    file_count = models.PositiveSmallIntegerField(default=0)

    privacy = data_classes(
        internal="id application kind submission opened_at opened_by_id expires_at closed_at try_count file_count"
    )

    class Meta:
        indexes = [models.Index(fields=["opened_by_id", "opened_at"], name="phone_link_owner")]


class ProofVerdict(models.Model):
    """
    One reviewer's word on one proof slot: accepted, or refused with the reason. The last one counts; all are kept for good.

    `file_ids` are the files that were looked at: a refused slot is filled anew by a file that is not among them.
    """

    slot = models.ForeignKey(ProofSlot, on_delete=models.CASCADE, related_name="verdicts")
    submission = models.PositiveSmallIntegerField()
    stage = models.PositiveSmallIntegerField()  # 1 初审, 2 复审
    is_accepted = models.BooleanField()
    reason_code = models.CharField(max_length=30, blank=True)  # enrolment.code_lists.PROOF_REASONS
    reason = models.TextField(blank=True)
    file_ids = ArrayField(models.UUIDField(), default=list)
    reviewer_id = models.BigIntegerField()
    reviewer_person = models.CharField(max_length=20)
    reviewer_name = models.CharField(max_length=80)
    reviewed_at = models.DateTimeField()

    privacy = data_classes(
        internal="id slot submission stage is_accepted reason_code reason file_ids reviewer_id reviewed_at",
        personal="reviewer_person reviewer_name",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_accepted=True) | ~Q(reason="") & ~Q(reason_code=""), name="a_refusal_has_a_reason"
            ),
        ]
        triggers = [
            *append_only(),
            two_persons.by_any_mobile(
                ["reviewer_person"],
                [],
                where="NEW.is_accepted",
                also="SELECT array_agg(person) FROM (SELECT unnest(ARRAY[a.created_by_person, a.submitted_by_person] || "
                "CASE WHEN NEW.stage = 2 THEN ARRAY[a.first_reviewed_by_person, a.first_reviewed_for_person] END)::text "
                "FROM enrolment_enrolmentapplication a JOIN enrolment_proofslot s ON s.application_id = a.id "
                "WHERE s.id = NEW.slot_id UNION ALL SELECT v.reviewer_person FROM enrolment_proofverdict v "
                "WHERE v.slot_id = NEW.slot_id AND v.is_accepted AND v.submission = NEW.submission "
                "AND v.stage <> NEW.stage) AS had_a_hand(person)",
            ),
        ]


class Review(models.Model):
    """One verdict of one reviewer on one submission; kept for good."""

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="reviews")
    submission = models.PositiveSmallIntegerField()
    stage = models.PositiveSmallIntegerField()  # 1 初审, 2 复审
    is_approved = models.BooleanField()
    reviewer_id = models.BigIntegerField()
    reviewer_person = models.CharField(max_length=20)
    reviewer_name = models.CharField(max_length=80)
    reviewed_at = models.DateTimeField()
    reason_codes = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    member_ids = ArrayField(models.BigIntegerField(), default=list)  # only these people need mending; empty: the whole

    privacy = data_classes(
        internal="id application submission stage is_approved reviewer_id reviewed_at reason_codes reason member_ids",
        personal="reviewer_person reviewer_name",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(is_approved=True) | ~Q(reason=""), name="a_return_has_a_reason"),
        ]
        # The columns on the application say who reviewed; these rows stay for good, so neither can be written around.
        triggers = [
            *append_only(),
            pgtrigger.Trigger(
                name="another_person",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__is_approved=True),
                func="IF EXISTS (SELECT FROM enrolment_enrolmentapplication a WHERE a.id = NEW.application_id "
                "AND (NEW.reviewer_person IN (a.created_by_person, a.submitted_by_person) OR NEW.stage = 2 "
                "AND NEW.reviewer_person IN (a.first_reviewed_by_person, a.first_reviewed_for_person))) "
                "OR EXISTS (SELECT FROM enrolment_review r WHERE r.application_id = NEW.application_id AND r.is_approved "
                "AND r.submission = NEW.submission AND r.stage <> NEW.stage AND r.reviewer_person = NEW.reviewer_person) "
                "THEN RAISE EXCEPTION 'another person reviews' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
            ),
            two_persons.by_any_mobile(
                ["reviewer_person"],
                [],
                where="NEW.is_approved",
                also="SELECT array_agg(person) FROM (SELECT unnest(ARRAY[a.created_by_person, a.submitted_by_person] || "
                "CASE WHEN NEW.stage = 2 THEN ARRAY[a.first_reviewed_by_person, a.first_reviewed_for_person] END)::text "
                "FROM enrolment_enrolmentapplication a WHERE a.id = NEW.application_id UNION ALL "
                "SELECT r.reviewer_person FROM enrolment_review r WHERE r.application_id = NEW.application_id "
                "AND r.is_approved AND r.submission = NEW.submission AND r.stage <> NEW.stage) AS had_a_hand(person)",
            ),
        ]


class Submission(models.Model):
    """
    What was submitted each time: plans and people in short, so that a reviewer sees what changed since the last submission.
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="submissions")
    number = models.PositiveSmallIntegerField()  # 1, 2 …: the application's `submission_count`
    submitted_at = models.DateTimeField()
    submitted_by_name = models.CharField(max_length=80)
    plans = models.JSONField()  # [{plan, version, shares, reference_on}]
    people = models.JSONField()  # [{worker, plan, shares, name, number, category}]

    privacy = data_classes(internal="id application number submitted_at plans", personal="submitted_by_name people")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="a_submission_once")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.application} 第{self.number}次提交"
