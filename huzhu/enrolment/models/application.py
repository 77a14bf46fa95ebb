"""An application: what an employer asks for, the plans, and for whom."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.employers.models import Employer
from huzhu.enrolment.states import EDITABLE, WORKFLOW, State
from huzhu.plans.models import PlanVersion
from huzhu.roster.models import InsuranceRoster, RosterEntry, Worker
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor, Side
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes


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
