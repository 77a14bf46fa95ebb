"""参保单位: registrations, employers, the people of their accounts, who comes and who hands over, and group links."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import guards, scope
from huzhu.accounts.models import Branch, User
from huzhu.accounts.roles import EmployerRole
from huzhu.employers.states import (
    BRANCH_TRANSFER,
    CHANGE_REQUEST,
    GROUP_LINK,
    HAND_OVER,
    INVITATION,
    JOINING,
    REGISTRATION,
    ChangeState,
    HandOverState,
    InvitationState,
    JoinState,
    LinkState,
    RegistrationState,
    TransferState,
)
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.seals import Place

# The legal representative's document moves with its seal id from the registration to the employer.
LEGAL_DOCUMENT = Place("employers.registration", "legal_document")


class EmployerKind(models.TextChoices):
    STATE_ORGAN = "state_organ", "机关"
    PUBLIC_INSTITUTION = "public_institution", "事业单位"
    ENTERPRISE = "enterprise", "企业"
    SOCIAL_ORGANISATION = "social_organisation", "社会团体"
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise", "民办非企业单位"
    TRADE_UNION = "trade_union", "基层工会"
    OTHER = "other", "其他"


class EmployerQuerySet(models.QuerySet["Employer"]):
    """Employers somebody may see."""

    def visible_to(self, actor: Actor) -> EmployerQuerySet:
        """
        An employer's people see their own; staff see those of their branch's subtree; nobody else sees any.
        """
        return scope.narrow(self, actor, employer="pk", branch="branch")


class Employer(models.Model):
    """
    One employer (参保单位) whose registration was approved; the holder of roster, applications, slips and policies.
    """

    credit_code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=120)
    name_initials = models.CharField(max_length=120)
    name_bigrams = ArrayField(
        models.CharField(max_length=2), default=list
    )  # for search inside names and for merge hints
    kind = models.CharField(max_length=30, choices=EmployerKind)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="employers")
    legal_representative = models.CharField(max_length=80)
    legal_document_type = models.CharField(max_length=30, blank=True)
    legal_document = models.BinaryField(null=True)  # sealed
    legal_document_masked = models.CharField(max_length=40, blank=True)
    seal_id = models.UUIDField(null=True)
    address = models.CharField(max_length=200)
    handler_name = models.CharField(max_length=80)
    handler_mobile = models.CharField(max_length=20)
    headcount = models.PositiveIntegerField()  # declared in-service staff
    women_headcount = models.PositiveIntegerField()
    approved_at = models.DateTimeField()

    objects = EmployerQuerySet.as_manager()

    privacy = data_classes(
        public="id credit_code name name_initials name_bigrams kind branch",
        internal="address headcount women_headcount approved_at legal_document_type seal_id",
        personal="legal_representative handler_name handler_mobile",
        sensitive="legal_document legal_document_masked",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(women_headcount__lte=F("headcount")), name="employer_women_within_headcount"
            )
        ]
        indexes = [GinIndex(fields=["name_bigrams"], name="employer_bigrams")]
        triggers = [guards.open_branch(), guards.no_staff_of_new_branch()]

    def __str__(self) -> str:
        return self.name


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Registrations somebody may see."""

    def visible_to(self, actor: Actor) -> RegistrationQuerySet:
        """
        Staff see the registrations of their branch's subtree, one that has become an employer where that employer is now;
        applicants follow theirs by mobile and code, not by account.
        """
        open_ones = scope.narrow(self, actor, branch="branch").filter(employer__isnull=True)
        return open_ones | scope.narrow(self, actor, branch="employer__branch").filter(employer__isnull=False)


class Registration(models.Model):
    """
    One employer's wish for an account.

    pending: waits for the registrar. returned: the applicant corrects the fields named in `field_reasons`.
    approved: an employer and its first account exist. rejected: final. `round` counts submissions: a decision names the one it saw.
    """

    credit_code = models.CharField(max_length=18)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=30, choices=EmployerKind)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="registrations")
    legal_representative = models.CharField(max_length=80)
    legal_document_type = models.CharField(max_length=30, blank=True)
    legal_document = models.BinaryField(null=True)  # sealed
    legal_document_masked = models.CharField(max_length=40, blank=True)
    seal_id = models.UUIDField(null=True)
    address = models.CharField(max_length=200)
    handler_name = models.CharField(max_length=80)
    handler_mobile = models.CharField(max_length=20)
    headcount = models.PositiveIntegerField()
    women_headcount = models.PositiveIntegerField()
    certificate_id = models.UUIDField()  # documents.StoredFile
    state = models.CharField(max_length=10, choices=RegistrationState, default=RegistrationState.PENDING)
    round = models.PositiveSmallIntegerField(default=1)
    field_reasons = models.JSONField(default=dict)  # field name → what to mend
    reason = models.TextField(blank=True)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for
    employer = models.OneToOneField(Employer, null=True, on_delete=models.PROTECT, related_name="registration")

    objects = RegistrationQuerySet.as_manager()

    privacy = data_classes(
        internal="id credit_code name kind branch address headcount women_headcount certificate_id state round "
        "field_reasons reason submitted_at decided_at decided_by_id employer legal_document_type seal_id",
        personal="legal_representative handler_name handler_mobile decided_by_person decided_for_person",
        sensitive="legal_document legal_document_masked",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=Q(state__in=["pending", "returned", "approved"]),
                name="one_live_registration",
            ),
            two_persons.decider_is_another("handler_mobile", name="registration_decided_by_another"),
            two_persons.decided_by_somebody(Q(state="approved"), name="registration_approved_by_somebody"),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(employer__isnull=False, decided_at__isnull=False),
                name="approved_has_employer",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="registration_queue"),
            models.Index(fields=["handler_mobile"], name="registration_mobile"),
        ]
        triggers = [*REGISTRATION.triggers(), *two_persons.true_persons("handler_mobile"), guards.open_branch()]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Places in employers' accounts somebody may see."""

    def visible_to(self, actor: Actor) -> MembershipQuerySet:
        """An employer's people see those of their own account, staff those of their branch's subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")

    def live(self) -> MembershipQuerySet:
        """Those that have not ended."""
        return self.filter(ended_at__isnull=True)


class Membership(models.Model):
    """
    One person's place in one employer's account, with roles. A person may be a member of several employers.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=10, choices=EmployerRole))
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = MembershipQuerySet.as_manager()

    privacy = data_classes(internal="id user employer roles since ended_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "employer"], condition=Q(ended_at__isnull=True), name="one_live_membership"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="no_staff_of_that_subtree",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__ended_at__isnull=True),
                # The other wall of rulebook §1's two-person rule; its twin stands on staff posts.
                func="""
                    IF EXISTS (
                        SELECT FROM accounts_staffpost p JOIN accounts_user staff ON staff.id = p.user_id AND staff.is_active
                        JOIN accounts_branch ours ON ours.id = p.branch_id
                        JOIN accounts_user member ON member.id = NEW.user_id AND member.mobile = staff.mobile
                        JOIN employers_employer e ON e.id = NEW.employer_id
                        JOIN accounts_branch theirs ON theirs.id = e.branch_id AND theirs.path LIKE ours.path || '%'
                    ) THEN RAISE EXCEPTION 'a member of an employer in the own subtree' USING ERRCODE = 'check_violation';
                    END IF; RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.employer}"


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    """Requests to join somebody may see."""

    def visible_to(self, actor: Actor) -> JoinRequestQuerySet:
        """An employer's people see those addressed to their own account, staff those of their branch's subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")


class JoinRequest(models.Model):
    """
    Somebody who wanted to register an employer that has an account already, asking its owner to be let in (申请加入).
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="join_requests")
    name = models.CharField(max_length=80)
    mobile = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=JoinState, default=JoinState.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer note state asked_at decided_at decided_by_id reason", personal="name mobile"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "mobile"], condition=Q(state="asked"), name="one_open_join_request"
            )
        ]
        triggers = JOINING.triggers()


class GroupLinkQuerySet(models.QuerySet["GroupLink"]):
    """Links of a group somebody may see."""

    def visible_to(self, actor: Actor) -> GroupLinkQuerySet:
        """An employer's people see the links in which theirs is head or subsidiary, never those between others."""
        employers = Employer.objects.visible_to(actor)
        return self.filter(Q(head__in=employers) | Q(subsidiary__in=employers))


class GroupLink(models.Model):
    """
    上下级关系: one subsidiary under one head, asked by either side and confirmed by the other. One parent at a time.
    """

    head = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="links_down")
    subsidiary = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="links_up")
    requested_by_head = models.BooleanField()
    state = models.CharField(max_length=10, choices=LinkState, default=LinkState.REQUESTED)
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = GroupLinkQuerySet.as_manager()

    privacy = data_classes(internal="id head subsidiary requested_by_head state requested_at decided_at ended_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subsidiary"], condition=Q(state__in=["requested", "confirmed"]), name="one_parent_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(head=F("subsidiary")), name="no_link_to_itself"),
        ]
        triggers = GROUP_LINK.triggers()


class OfEmployerQuerySet(models.QuerySet):
    """What belongs to one employer's account: invitations, hand-overs, changes."""

    def visible_to(self, actor: Actor) -> OfEmployerQuerySet:
        """An employer's people see those of their own account, staff those of their branch's subtree."""
        return self.filter(employer__in=Employer.objects.visible_to(actor))

    def addressed_to(self, mobile: str) -> OfEmployerQuerySet:
        """Those meant for the owner of a mobile, which must have been proven."""
        return self.filter(mobile=mobile)


class Invitation(models.Model):
    """
    An owner's wish to have somebody in the account. It is known by the mobile it was sent to: whoever proves that mobile may
    accept it, once, until it expires; there is no secret to be passed on.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="invitations")
    name = models.CharField(max_length=80)
    mobile = models.CharField(max_length=20)
    roles = ArrayField(models.CharField(max_length=10, choices=EmployerRole))
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.INVITED)
    invited_at = models.DateTimeField()
    invited_by_id = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField()  # the latest message; the time to accept counts from here
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    objects = OfEmployerQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer roles state invited_at invited_by_id sent_at expires_at decided_at",
        personal="name mobile",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "mobile"], condition=Q(state="invited"), name="one_open_invitation"
            )
        ]
        indexes = [models.Index(fields=["mobile"], name="invitation_mobile")]
        triggers = INVITATION.triggers()

    def __str__(self) -> str:
        return f"{self.name} → {self.employer}"


class HandOver(models.Model):
    """
    经办人交接: another person becomes an employer's handler, who is its contact for business, messages and renewals.

    offered: the handler has named a successor, who proves the mobile and takes over at once. pending: the handler cannot any
    more, so the stamped form (`form_id`) waits for the registrar. returned: the form is to be mended. `objection` is what the
    present handler says against a form; the registrar weighs it.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="hand_overs")
    former_name = models.CharField(max_length=80)
    former_mobile = models.CharField(max_length=20)
    name = models.CharField(max_length=80)  # of the successor
    mobile = models.CharField(max_length=20)
    former_leaves = models.BooleanField()
    form_id = models.UUIDField(null=True)  # documents.StoredFile
    state = models.CharField(max_length=10, choices=HandOverState)
    round = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=300, blank=True)
    objection = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by_person = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True)  # of an offer
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for

    objects = OfEmployerQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer former_leaves form_id state round reason objection asked_at expires_at decided_at decided_by_id",
        personal="former_name former_mobile name mobile asked_by_person decided_by_person decided_for_person",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "mobile"],
                condition=Q(state__in=["offered", "pending", "returned"]),
                name="one_open_hand_over_per_successor",
            ),
            models.UniqueConstraint(fields=["employer"], condition=Q(state="offered"), name="one_offer_at_a_time"),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "declined", "expired"], form_id__isnull=True)
                | Q(state__in=["pending", "returned", "rejected"], form_id__isnull=False)
                | Q(state__in=["done", "withdrawn"]),
                name="only_a_form_is_reviewed",
            ),
            two_persons.decider_is_another(
                "asked_by_person", "mobile", "former_mobile", name="hand_over_decided_by_another"
            ),
            two_persons.decided_by_somebody(
                Q(state="done", form_id__isnull=False), name="hand_over_approved_by_somebody"
            ),
            models.CheckConstraint(condition=~Q(mobile=F("former_mobile")), name="handed_to_somebody_else"),
        ]
        indexes = [
            models.Index(fields=["mobile"], name="hand_over_mobile"),
            models.Index(fields=["state", "asked_at"], name="hand_over_queue"),
        ]
        triggers = [*HAND_OVER.triggers(), *two_persons.true_persons("asked_by_person", "mobile", "former_mobile")]

    def __str__(self) -> str:
        return f"{self.employer}：{self.former_name} → {self.name}"


class ChangeRequest(models.Model):
    """
    单位基本信息维护: an employer asks to have facts about itself changed. The old ones stay in force until it is approved.

    `changes` are field → [old, new] of what differs and nothing else; a new document of the legal representative stands sealed
    beside them. `round` counts submissions: a decision names the one it saw.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="change_requests")
    changes = models.JSONField()
    legal_document = models.BinaryField(null=True)  # sealed; null while it stays
    legal_document_masked = models.CharField(max_length=40, blank=True)
    seal_id = models.UUIDField(null=True)
    certificate_id = models.UUIDField(null=True)  # documents.StoredFile
    note = models.CharField(max_length=300, blank=True)  # why, in the employer's words
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.PENDING)
    round = models.PositiveSmallIntegerField(default=1)
    field_reasons = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by_id = models.BigIntegerField(null=True)
    asked_by_person = models.CharField(max_length=20)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for

    objects = OfEmployerQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer seal_id certificate_id note state round field_reasons reason asked_at asked_by_id decided_at "
        "decided_by_id",
        personal="changes asked_by_person decided_by_person decided_for_person",
        sensitive="legal_document legal_document_masked",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer"], condition=Q(state__in=["pending", "returned"]), name="one_open_change"
            ),
            two_persons.decider_is_another("asked_by_person", name="change_decided_by_another"),
            two_persons.decided_by_somebody(Q(state="approved"), name="change_approved_by_somebody"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "withdrawn"]) | Q(decided_at__isnull=False),
                name="change_decided_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="change_queue")]
        triggers = [*CHANGE_REQUEST.triggers(), *two_persons.true_persons("asked_by_person", until="pending")]

    def __str__(self) -> str:
        return f"{self.employer}"


class BranchTransferQuerySet(models.QuerySet["BranchTransfer"]):
    """Transfers between branches somebody may see."""

    def visible_to(self, actor: Actor) -> BranchTransferQuerySet:
        """An employer's people see their own; staff see those that leave or reach a branch of their subtree."""
        leaving = scope.narrow(self, actor, employer="employer_id", branch="from_branch")
        return leaving | scope.narrow(self, actor, branch="to_branch")


class BranchTransfer(models.Model):
    """
    单位划转: an employer goes from one branch to another, with everything it has.

    requested: waits for a registrar of the receiving branch or one above it. accepted: it belongs to the receiving branch;
    `at_once` where both branches were in the asker's subtree. refused, withdrawn: it stayed. `answer` says why.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="transfers")
    from_branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="transfers_out")
    to_branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="transfers_in")
    reason = models.CharField(max_length=300)
    at_once = models.BooleanField()
    state = models.CharField(max_length=10, choices=TransferState, default=TransferState.REQUESTED)
    answer = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by_id = models.BigIntegerField(null=True)
    asked_by_name = models.CharField(max_length=80)
    asked_by_person = models.CharField(max_length=20)
    asked_for_person = models.CharField(max_length=20, blank=True)  # whom the asker stood in for
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)

    objects = BranchTransferQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer from_branch to_branch reason at_once state answer asked_at asked_by_id decided_at decided_by_id",
        personal="asked_by_name asked_by_person asked_for_person decided_by_name decided_by_person decided_for_person",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employer"], condition=Q(state="requested"), name="one_open_transfer"),
            models.CheckConstraint(condition=~Q(from_branch=F("to_branch")), name="transfer_to_another_branch"),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True)
                | ~Q(state="requested") & Q(decided_at__isnull=False),
                name="transfer_decided_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "refused"])
                | Q(state="accepted", at_once=True)
                | ~Q(decided_by_person=F("asked_by_person"))
                & ~Q(decided_by_person=F("asked_for_person"))
                & ~Q(decided_for_person=F("asked_by_person"))
                & (Q(asked_for_person="") | ~Q(decided_for_person=F("asked_for_person"))),
                name="nobody_receives_what_they_asked",
            ),
            models.CheckConstraint(condition=Q(at_once=False) | Q(state="accepted"), name="at_once_is_done"),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="transfer_queue")]
        triggers = BRANCH_TRANSFER.triggers()

    def __str__(self) -> str:
        return f"{self.employer}：{self.from_branch} → {self.to_branch}"


class EmployerVersion(models.Model):
    """
    What an employer was called and was, and whose it was, from one day to another, half-open; the last one has no end. It is
    written with every approved change and every transfer, so that papers and reviewers can tell what held on a day.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="versions")
    since = models.DateField()
    until = models.DateField(null=True)
    facts = models.JSONField()
    change_request = models.OneToOneField(ChangeRequest, null=True, on_delete=models.PROTECT, related_name="version")
    transfer = models.OneToOneField(BranchTransfer, null=True, on_delete=models.PROTECT, related_name="version")
    made_at = models.DateTimeField()

    objects = OfEmployerQuerySet.as_manager()

    privacy = data_classes(internal="id employer since until change_request transfer made_at", personal="facts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employer"], condition=Q(until__isnull=True), name="one_version_in_force"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="version_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["employer", "since"], name="version_day")]

    def __str__(self) -> str:
        return f"{self.employer} {self.since}"
