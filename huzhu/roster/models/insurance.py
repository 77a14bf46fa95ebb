"""The month's 社保/医保 lists, and why somebody is on one side only."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.employers.models import Employer
from huzhu.roster.models.entry import RosterEntry
from huzhu.roster.models.own import EmployersOwnQuerySet
from huzhu.shared.one_employer import of_one_employer
from huzhu.shared.privacy import data_classes


class InsuranceRosterKind(models.TextChoices):
    SOCIAL = "social", "社保"
    MEDICAL = "medical", "省直医保"


class InsuranceRoster(models.Model):
    """
    The month's 社保/医保 list as an employer uploaded it; a later list of the same month and kind replaces the earlier.

    `rows` are all that were read, `failed` those that could not be taken, `repeated` those among them whose person stands further
    up already; `women` are the women among the others.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="insurance_rosters")
    kind = models.CharField(max_length=10, choices=InsuranceRosterKind)
    month = models.DateField()  # its first day
    file_id = models.UUIDField(null=True)
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.BigIntegerField(null=True)
    file_name = models.CharField(max_length=200, blank=True)
    rows = models.PositiveIntegerField()
    failed = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0, db_default=0)
    women = models.PositiveIntegerField()
    errors = models.JSONField(default=list)  # as in RosterImport
    remarks = models.JSONField(default=list, db_default=[])  # as in RosterImport
    explained_at = models.DateTimeField(null=True)  # the last time a reason was given or taken back

    objects = EmployersOwnQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer kind month file_id uploaded_at uploaded_by_id rows failed repeated women remarks "
        "explained_at",
        personal="file_name errors",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="month_is_a_first_day"),
            models.CheckConstraint(
                condition=Q(rows__gte=F("failed") + F("women")), name="insurance_rows_are_accounted_for"
            ),
            models.CheckConstraint(condition=Q(failed__gte=F("repeated")), name="insurance_repeated_rows_failed"),
        ]
        indexes = [models.Index(fields=["employer", "-month", "-id"], name="insurance_roster_latest")]

    @property
    def people(self) -> int:
        """How many people it names, each once; a row without a usable number is somebody too."""
        return self.rows - self.repeated


class InsuranceRosterLine(models.Model):
    """
    One person on a month's list, known by fingerprint only; the name as the insurance office writes it.
    """

    roster = models.ForeignKey(InsuranceRoster, on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()
    fingerprint = models.UUIDField()
    number_masked = models.CharField(max_length=24)
    name = models.CharField(max_length=50)

    privacy = data_classes(internal="id roster row", personal="name number_masked", sensitive="fingerprint")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["roster", "fingerprint"], name="one_line_per_person")]


class ReasonCode(models.TextChoices):
    """Why somebody is on one side only (rulebook §2.2)."""

    RETIRED = "retired", "退休"
    LEFT = "left", "离职"
    JOINED = "joined", "新入职"
    DISPATCHED = "dispatched", "劳务派遣"
    OTHER = "other", "其他"


class DifferenceReason(models.Model):
    """
    Why one person differs between the roster and a month's list. With `entry` alone the person is only on the roster, with `line`
    alone only on the list, with both the names differ. `first_month` is the month for which the reason was first given: it is
    carried on to the lists after that while the difference stays the same.
    """

    # No index of its own: before there are statistics the planner would read all reasons of a list through it, for every person.
    roster = models.ForeignKey(InsuranceRoster, on_delete=models.CASCADE, related_name="reasons", db_index=False)
    entry = models.ForeignKey(RosterEntry, null=True, on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey(InsuranceRosterLine, null=True, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=10, choices=ReasonCode)
    words = models.CharField(max_length=200, blank=True)
    proof_id = models.UUIDField(null=True)  # documents.StoredFile
    first_month = models.DateField()
    given_at = models.DateTimeField()
    given_by_id = models.BigIntegerField(null=True)

    privacy = data_classes(internal="id roster entry line code words proof_id first_month given_at given_by_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["roster", "entry"], condition=Q(entry__isnull=False), name="one_reason_per_entry"
            ),
            models.UniqueConstraint(
                fields=["roster", "line"], condition=Q(line__isnull=False), name="one_reason_per_line"
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=False) | Q(line__isnull=False), name="a_reason_is_about_somebody"
            ),
            models.CheckConstraint(condition=~Q(code="other") | ~Q(words=""), name="other_is_put_into_words"),
        ]
        triggers = of_one_employer(
            "SELECT FROM {rows} AS n JOIN roster_insuranceroster AS r ON r.id = n.roster_id "
            "LEFT JOIN roster_rosterentry AS e ON e.id = n.entry_id "
            "LEFT JOIN roster_insurancerosterline AS l ON l.id = n.line_id "
            "WHERE e.employer_id <> r.employer_id OR l.roster_id <> n.roster_id",
            fields=["roster", "entry", "line"],
        )
