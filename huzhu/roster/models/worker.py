"""职工: natural persons and their documents."""

from __future__ import annotations

from django.db import models

from huzhu.plans.models import Gender
from huzhu.shared.privacy import data_classes
from huzhu.shared.seals import Place, open_seal

DOCUMENT_NUMBER = Place("roster.worker_document", "number")


class Worker(models.Model):
    """
    One natural person across employers and invisible to them (rulebook §1); what an employer says stands on its own row.

    Gender and birthday are what a document that tells them told, else what was stated first. No page, rule or paper of an employer
    reads them: those go by the employer's own row (docs/adr/0016-gender-and-birthday-as-stated.md).
    """

    gender = models.CharField(max_length=6, choices=Gender)
    born_on = models.DateField()
    first_seen_at = models.DateTimeField()

    privacy = data_classes(internal="id first_seen_at", personal="gender born_on")


class WorkerDocument(models.Model):
    """
    One identity document of one person, present or past. `fingerprint` finds it without opening the seal.
    """

    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="documents")
    document_type = models.CharField(max_length=24)
    fingerprint = models.UUIDField(unique=True)
    seal_id = models.UUIDField(unique=True)
    number_sealed = models.BinaryField()
    number_masked = models.CharField(max_length=24)
    is_valid = models.BooleanField(default=True)  # passed its standard when it was written (facts §4)
    first_seen_at = models.DateTimeField()

    privacy = data_classes(
        internal="id worker document_type is_valid first_seen_at seal_id",
        personal="number_masked",
        sensitive="fingerprint number_sealed",
    )

    def reveal(self) -> str:
        """The full number; callers record who looked and why."""
        return open_seal(self.number_sealed, place=DOCUMENT_NUMBER, seal_id=self.seal_id)
