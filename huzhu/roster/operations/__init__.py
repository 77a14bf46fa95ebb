"""
Everything that writes to a roster, by theme: files, single people, insurance lists, looks at full numbers and exports.

Callers read `from huzhu.roster import operations as roster` and `roster.import_roster(…)`.
"""

from huzhu.roster.merge import RosterBusy
from huzhu.roster.operations.bulk import (
    BULK_FIELDS,
    ChoiceChanged,
    Chosen,
    NobodyChosen,
    change_people,
    end_people,
)
from huzhu.roster.operations.documents import NewDocument, Replaced, replace_document
from huzhu.roster.operations.imports import (
    IMPORT_TASK,
    cancel_import,
    import_people,
    import_result_json,
    import_roster,
    purge_imports,
    queue_import,
    receive_file,
    refuse_import,
    run_import,
)
from huzhu.roster.operations.insurance import import_insurance_roster
from huzhu.roster.operations.looks import export_roster, fill_template, make_error_workbook, reveal_number
from huzhu.roster.operations.people import add_person, change_entry, correct_joined_on, end_employment, undo_end
from huzhu.roster.operations.reasons import (
    Differing,
    NobodyDiffers,
    give_reason,
    take_back_reason,
    take_names_from_list,
)
from huzhu.roster.typed import EntryChanged, Person, PersonRefused

__all__ = [
    "BULK_FIELDS",
    "IMPORT_TASK",
    "ChoiceChanged",
    "Chosen",
    "Differing",
    "EntryChanged",
    "NewDocument",
    "NobodyChosen",
    "NobodyDiffers",
    "Person",
    "PersonRefused",
    "Replaced",
    "RosterBusy",
    "add_person",
    "cancel_import",
    "change_entry",
    "change_people",
    "correct_joined_on",
    "end_employment",
    "end_people",
    "export_roster",
    "fill_template",
    "give_reason",
    "import_insurance_roster",
    "import_people",
    "import_result_json",
    "import_roster",
    "make_error_workbook",
    "purge_imports",
    "queue_import",
    "receive_file",
    "refuse_import",
    "replace_document",
    "reveal_number",
    "run_import",
    "take_back_reason",
    "take_names_from_list",
    "undo_end",
]
