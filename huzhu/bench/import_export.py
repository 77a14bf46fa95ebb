"""
The same people by django-import-export, twice. `import_whole` does what our import does, as its documentation shows it: rows are
checked and the person behind each is found or made in `before_import_row`, entries are written with `use_bulk`. `import_lean`
does only what the package itself must: read, find, fill in and write the entries; the people are known beforehand and handed
over in a dictionary, nothing is checked, sealed or made.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Any

import tablib
from django.db import transaction
from django.utils import timezone
from import_export import fields, resources

from huzhu.roster.models import DOCUMENT_NUMBER, RosterEntry, Worker, WorkerDocument
from huzhu.shared import seals
from huzhu.shared.identity.documents import GENDER_SYNONYMS
from huzhu.shared.identity.names import initials

JOB_CATEGORIES = {"管理岗": "management", "专业技术岗": "technical", "工人岗": "worker"}
FORMS = {"在编": "established", "合同": "contract", "劳务派遣": "dispatched"}
WEIGHTS = [pow(2, 17 - position, 11) for position in range(17)]


class _Whole(resources.ModelResource):
    """Rows of the template to entries of one employer."""

    name = fields.Field("name", column_name="姓名")
    mobile = fields.Field("mobile", column_name="手机号")
    department = fields.Field("department", column_name="部门")
    note = fields.Field("note", column_name="备注")

    class Meta:
        model = RosterEntry
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        import_id_fields = ("employer_id", "worker_id")
        fields = ("employer_id", "worker_id", "name", "mobile", "department", "note")

    employer_id = fields.Field("employer_id", column_name="employer_id")
    worker_id = fields.Field("worker_id", column_name="worker_id")

    def __init__(self, *, employer_id: int) -> None:
        super().__init__()
        self.employer, self.now = employer_id, timezone.now()

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """The columns that tell rows apart must be there before the first row is looked at."""
        for head in self.Meta.import_id_fields:
            dataset.append_col([None] * dataset.height, header=head)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Check the number and find or make the person."""
        number = row["证件号码"]
        _check(number)
        document = self.get_document(number, row)
        row["employer_id"], row["worker_id"], row["document_id"] = self.employer, document.worker_id, document.pk

    def get_document(self, number: str, row: dict[str, Any]) -> WorkerDocument:
        """The document with this number, made with its person if nobody knew it."""
        fingerprint = seals.fingerprint(number, purpose="document")
        known = WorkerDocument.objects.filter(fingerprint=fingerprint).first()
        if known:
            return known
        gender, born_on = _stated(row)
        worker = Worker.objects.create(gender=gender, born_on=born_on, first_seen_at=self.now)
        seal_id = uuid.uuid4()
        return WorkerDocument.objects.create(
            worker=worker,
            document_type="resident_id",
            fingerprint=fingerprint,
            seal_id=seal_id,
            number_sealed=seals.seal(number, place=DOCUMENT_NUMBER, seal_id=seal_id),
            number_masked=f"{number[:4]}**********{number[-4:]}",
            first_seen_at=self.now,
        )

    def before_save_instance(self, instance: RosterEntry, row: dict[str, Any], **kwargs: Any) -> None:
        """What is no plain column."""
        instance.document_id = row["document_id"]
        instance.name_initials = initials(instance.name)
        instance.job_category, instance.employment_form = JOB_CATEGORIES[row["岗位类别"]], FORMS[row["用工形式"]]
        instance.gender, instance.born_on = _stated(row)
        instance.joined_on, instance.changed_at = self.now.date(), self.now


class _Lean(_Whole):
    """As `_Whole`, with every person known by number beforehand."""

    def __init__(self, *, employer_id: int, known: dict[str, tuple[int, int]]) -> None:
        super().__init__(employer_id=employer_id)
        self.known = known

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Take the person from the dictionary."""
        row["employer_id"] = self.employer
        row["worker_id"], row["document_id"] = self.known[row["证件号码"]]


def import_whole(*, employer_id: int, path: str) -> None:
    """This function will import a file as one writes it with django-import-export."""
    with transaction.atomic():
        _run(_Whole(employer_id=employer_id), path)


def import_lean(*, employer_id: int, path: str) -> None:
    """
    This function will import a file whose people are known, and were taken off the roster before, with as little as can be.
    """
    known = {
        document.reveal(): (document.worker_id, document.pk)
        for document in WorkerDocument.objects.filter(pk__in=RosterEntry.objects.values("document_id"))
    }
    RosterEntry.objects.filter(employer_id=employer_id).delete()
    with transaction.atomic():
        _run(_Lean(employer_id=employer_id, known=known), path)


def _run(resource: resources.ModelResource, path: str) -> None:
    dataset = tablib.Dataset().load(Path(path).read_bytes(), format="xlsx")
    result = resource.import_data(dataset, raise_errors=True)
    if result.has_errors():
        raise RuntimeError("django-import-export refused rows")


def _stated(row: dict[str, Any]) -> tuple[str, date]:
    born_on = row["出生日期"]
    return GENDER_SYNONYMS[row["性别"]], born_on.date() if isinstance(born_on, datetime) else born_on


def _check(number: str) -> None:
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True))
    date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    if number[17] != "10X98765432"[total % 11]:
        raise ValueError("check digit")
