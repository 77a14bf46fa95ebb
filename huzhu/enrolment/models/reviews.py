"""What was submitted, and the two who reviewed it."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from huzhu.enrolment.models.application import EnrolmentApplication
from huzhu.shared import two_persons
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


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
