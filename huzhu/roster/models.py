"""职工名册: natural persons, their documents, and each employer's own row about them; the lists and files they came from."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from huzhu.accounts import scope
from huzhu.employers.models import Employer
from huzhu.plans.models import Gender
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes
from huzhu.shared.seals import Place, open_seal
from huzhu.shared.workflow import append_only

DOCUMENT_NUMBER = Place("roster.worker_document", "number")


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


class ImportState(models.TextChoices):
    """Where an uploaded roster file stands."""

    WAITING = "waiting", "正在处理"
    DONE = "done", "已完成"
    REFUSED = "refused", "未接收"
    CANCELLED = "cancelled", "已取消"


class ImportPhase(models.TextChoices):
    """What an import that is still at work is doing."""

    QUEUED = "queued", "排队等候"
    READING = "reading", "正在读取文件"
    CHECKING = "checking", "正在逐行核对"
    SEALING = "sealing", "正在加密证件号码"
    MERGING = "merging", "正在写入名册"


class EmployersOwnQuerySet(models.QuerySet):
    """Uploaded files and lists: an employer's people see their own, the system all, nobody else any."""

    def visible_to(self, actor: Actor) -> EmployersOwnQuerySet:
        """The rows of the employer in front."""
        return scope.narrow(self, actor, employer="employer_id")


class RosterImport(models.Model):
    """
    One uploaded roster file and what became of its rows: 新增 + 更新 + 未变 + 失败 = rows.

    `withheld` are the good rows of a file that was to go in whole or not at all and had errors; otherwise 0. `rejoined`
    is the part of 新增 who had left this employer before. A file that could not be read has state refused and `refusal`.
    `remarks` are said once about the whole file: rows passed over because they are no people, which count nowhere; sheets not read.
    While a job is at work, `phase` says at what, and `rows_done` how many of `rows_read` have passed it.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="roster_imports")
    file_id = models.UUIDField(null=True)  # documents.StoredFile
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.DONE)
    all_or_nothing = models.BooleanField(default=False)
    imported_at = models.DateTimeField()
    imported_by_id = models.BigIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    inserted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    withheld = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    rejoined = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)  # row, column, code, value (masked), message, remedy
    repairs = models.JSONField(default=list)  # as `files.repairs.as_groups` gives them, masked
    remarks = models.JSONField(default=list, db_default=[])  # code, message, rows
    refusal = models.CharField(max_length=500, blank=True)
    phase = models.CharField(max_length=10, choices=ImportPhase, default=ImportPhase.QUEUED)
    rows_read = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)

    objects = EmployersOwnQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer file_id state all_or_nothing imported_at imported_by_id finished_at rows inserted updated "
        "unchanged failed withheld repaired rejoined remarks refusal phase rows_read rows_done",
        personal="errors repairs file_name",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=F("inserted") + F("updated") + F("unchanged") + F("failed") + F("withheld")),
                name="every_row_is_accounted_for",
            ),
            models.CheckConstraint(
                condition=Q(repaired__lte=F("inserted") + F("updated") + F("unchanged") + F("withheld")),
                name="repaired_rows_are_good_rows",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", finished_at__isnull=True)
                | (~Q(state="waiting") & Q(finished_at__isnull=False)),
                name="import_finished_unless_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["employer", "-id"], name="roster_import_latest"),
            models.Index(fields=["finished_at"], name="roster_import_finished"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def has_marks(self) -> bool:
        """Test if the clerk's own list has anything to come back with: bad cells or repairs."""
        return self.failed > 0 or self.repaired > 0


class BulkOutcome(models.TextChoices):
    """What became of one person in an act on many."""

    CHANGED = "changed", "已办理"
    UNCHANGED = "unchanged", "原已如此"
    ENDED = "ended", "已离开本单位，未办理"
    EARLIER = "earlier", "日期早于上一次离开的日期，未办理"
    UNDER_AGE = "under_age", "该日未满 16 周岁，未办理"


class BulkChange(models.Model):
    """
    One act on many people of a roster at once, and what became of each: `outcomes` are pairs of entry id and outcome.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=160)  # the act in words: 设置部门“财务部”
    changed = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    outcomes = models.JSONField()

    objects = EmployersOwnQuerySet.as_manager()

    privacy = data_classes(internal="id employer made_at made_by_id label changed unchanged refused outcomes")

    def __str__(self) -> str:
        return self.label


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
