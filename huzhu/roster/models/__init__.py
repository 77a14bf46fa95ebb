"""职工名册: natural persons, their documents, and each employer's own row about them; the lists and files they came from."""

from huzhu.roster.models.bulk import (
    BulkChange,
    BulkOutcome,
)
from huzhu.roster.models.entry import (
    REMEMBERED,
    DocumentReplacement,
    EmploymentForm,
    EmploymentStatus,
    JobCategory,
    RosterEntry,
    RosterEntryChange,
    RosterEntryQuerySet,
)
from huzhu.roster.models.imports import (
    ImportPhase,
    ImportState,
    RosterImport,
)
from huzhu.roster.models.insurance import (
    DifferenceReason,
    InsuranceRoster,
    InsuranceRosterKind,
    InsuranceRosterLine,
    ReasonCode,
)
from huzhu.roster.models.own import (
    EmployersOwnQuerySet,
)
from huzhu.roster.models.worker import (
    DOCUMENT_NUMBER,
    Worker,
    WorkerDocument,
)

__all__ = [
    "DOCUMENT_NUMBER",
    "REMEMBERED",
    "BulkChange",
    "BulkOutcome",
    "DifferenceReason",
    "DocumentReplacement",
    "EmployersOwnQuerySet",
    "EmploymentForm",
    "EmploymentStatus",
    "ImportPhase",
    "ImportState",
    "InsuranceRoster",
    "InsuranceRosterKind",
    "InsuranceRosterLine",
    "JobCategory",
    "ReasonCode",
    "RosterEntry",
    "RosterEntryChange",
    "RosterEntryQuerySet",
    "RosterImport",
    "Worker",
    "WorkerDocument",
]
