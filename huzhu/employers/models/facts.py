"""What an employer is: changes asked for, transfers between branches, and what held on which day."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.employers.models.employer import Employer, OfEmployerQuerySet
from huzhu.employers.states import (
    BRANCH_TRANSFER,
    CHANGE_REQUEST,
    ChangeState,
    TransferState,
)
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes


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
        triggers = [
            *CHANGE_REQUEST.triggers(),
            *two_persons.true_persons(
                "asked_by_person",
                until="pending",
                # The handler answers for what the employer asks, whoever filled it in.
                also="SELECT ARRAY[e.handler_mobile]::text[] FROM employers_employer e WHERE e.id = NEW.employer_id",
            ),
        ]

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
        triggers = [
            *BRANCH_TRANSFER.triggers(),
            two_persons.true_decider(),
            two_persons.by_any_mobile(
                ["decided_by_person", "decided_for_person"],
                ["asked_by_person", "asked_for_person"],
                where="NEW.state IN ('accepted', 'refused') AND NOT NEW.at_once",
            ),
        ]

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
