"""职工名册: each employer's own row about a person, what changed in it, and documents it replaced."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from huzhu.accounts import scope
from huzhu.employers.models import Employer
from huzhu.plans.models import Gender
from huzhu.roster.models.worker import Worker, WorkerDocument
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only


class JobCategory(models.TextChoices):
    """岗位类别; decides a woman's statutory retirement age (facts §3)."""

    MANAGEMENT = "management", "管理岗"
    TECHNICAL = "technical", "专业技术岗"
    WORKER = "worker", "工人岗"


class EmploymentForm(models.TextChoices):
    ESTABLISHED = "established", "在编"
    CONTRACT = "contract", "合同"
    DISPATCHED = "dispatched", "劳务派遣"


class EmploymentStatus(models.TextChoices):
    IN_SERVICE = "in_service", "在职"
    LEFT = "left", "离职"
    RETIRED = "retired", "退休"
    TRANSFERRED = "transferred", "调出"


class RosterEntryQuerySet(models.QuerySet["RosterEntry"]):
    """Roster rows somebody may see."""

    def visible_to(self, actor: Actor) -> RosterEntryQuerySet:
        """An employer's people see their own roster; staff those of their branch's subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")

    def latest_spells(self) -> RosterEntryQuerySet:
        """One row per person and employer: the open spell, or the one that ended last."""
        later = RosterEntry.objects.filter(
            employer=OuterRef("employer"), worker=OuterRef("worker"), pk__gt=OuterRef("pk")
        )
        return self.filter(Q(left_on__isnull=True) | ~Exists(later))


# What is remembered of a change, old and new, whichever way it came: by hand, in bulk or by a file.
REMEMBERED = (
    "name",
    "document_id",
    "gender",
    "born_on",
    "mobile",
    "job_category",
    "employment_form",
    "department",
    "note",
    "status",
    "joined_on",
    "left_on",
)
_REMEMBER = f"""
    INSERT INTO roster_rosterentrychange (entry_id, changed_at, changes)
    SELECT now_.id, now_.changed_at, jsonb_strip_nulls(jsonb_build_object({
    ", ".join(
        f"'{name}', CASE WHEN was.{name} IS DISTINCT FROM now_.{name} THEN jsonb_build_array(was.{name}, now_.{name}) END"
        for name in REMEMBERED
    )
}))
    FROM old_rows AS was JOIN new_rows AS now_ USING (id)
    WHERE ({", ".join(f"was.{name}" for name in REMEMBERED)})
          IS DISTINCT FROM ({", ".join(f"now_.{name}" for name in REMEMBERED)});
    RETURN NULL;
"""


class RosterEntry(models.Model):
    """
    One spell of employment of one person at one employer, as that employer describes the person. Open while `left_on` is empty.

    `gender` and `born_on` are what the document's number tells; of documents that do not tell, what this employer stated.
    """

    # db_index: two other indexes begin with the employer, and every index is paid for by every import
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="roster", db_index=False)
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="employments")
    document = models.ForeignKey(WorkerDocument, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=50)
    name_initials = models.CharField(max_length=50)
    gender = models.CharField(max_length=6, choices=Gender)
    born_on = models.DateField()
    mobile = models.CharField(max_length=20, blank=True)
    job_category = models.CharField(max_length=12, choices=JobCategory, blank=True)
    employment_form = models.CharField(max_length=12, choices=EmploymentForm, blank=True)
    department = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=12, choices=EmploymentStatus, default=EmploymentStatus.IN_SERVICE)
    joined_on = models.DateField()
    left_on = models.DateField(null=True)
    entered_at = models.DateTimeField(null=True)  # when the row was written; not known of old rows changed since
    changed_at = models.DateTimeField()

    objects = RosterEntryQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer worker document department job_category employment_form status joined_on left_on entered_at "
        "changed_at note",
        personal="name name_initials gender born_on mobile",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "worker"], condition=Q(left_on__isnull=True), name="one_open_employment"
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")), name="left_after_joined"
            ),
            models.CheckConstraint(
                condition=Q(status="in_service", left_on__isnull=True)
                | (~Q(status="in_service") & Q(left_on__isnull=False)),
                name="in_service_while_open",
            ),
        ]
        indexes = [
            models.Index(fields=["employer", "status", "name_initials", "id"], name="roster_list"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="remember_changes",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
                func=_REMEMBER,
            )
        ]

    def __str__(self) -> str:
        return self.name


class RosterEntryChange(models.Model):
    """
    What changed about one row of a roster at one moment: field → [before, after]. The database writes it with every change.
    """

    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="changes")
    changed_at = models.DateTimeField()
    changes = models.JSONField()

    privacy = data_classes(internal="id entry changed_at", personal="changes")

    class Meta:
        triggers = append_only()


class DocumentReplacement(models.Model):
    """
    One document an employer has replaced by another: a new one was issued (换证), or the number was typed wrong (更正).

    It is the employer's own record: what other employers know about the person's documents stands nowhere here. Of a wrong number
    the fingerprint is kept apart, so that a file that still holds it can be told.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="replaced_documents")
    document = models.ForeignKey(WorkerDocument, on_delete=models.PROTECT, related_name="+")
    replacement = models.ForeignKey(WorkerDocument, on_delete=models.PROTECT, related_name="+")
    is_wrong = models.BooleanField()
    wrong_fingerprint = models.UUIDField(null=True)
    reason = models.CharField(max_length=200)
    replaced_at = models.DateTimeField()
    replaced_by_name = models.CharField(max_length=80)

    privacy = data_classes(
        internal="id employer entry document replacement is_wrong reason replaced_at",
        personal="replaced_by_name",
        sensitive="wrong_fingerprint",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_wrong=True, wrong_fingerprint__isnull=False)
                | Q(is_wrong=False, wrong_fingerprint__isnull=True),
                name="wrong_numbers_are_remembered",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_replacement_has_a_reason"),
        ]
        indexes = [models.Index(fields=["employer", "wrong_fingerprint"], name="wrong_number")]
        triggers = append_only()
