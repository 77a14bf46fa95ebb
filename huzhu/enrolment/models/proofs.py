"""Places for proof, what was put into them, and what reviewers said of it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huzhu.enrolment.models.application import EnrolmentApplication
from huzhu.enrolment.states import ProofKind
from huzhu.shared import two_persons
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


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
