"""职工名册维护."""

from huzhu.accounts.roles import EMPLOYER_READERS
from huzhu.web.access import employer, employer_may
from huzhu.web.employer.views import roster, roster_bulk, roster_files, roster_insurance, roster_people
from huzhu.web.routes import Route

KEEP, READERS = employer_may("roster.keep"), employer(EMPLOYER_READERS)

ROUTES = [
    Route("roster/", roster.roster_list, "roster", READERS),
    Route("roster/template/", roster.template, "roster-template", employer(EMPLOYER_READERS, does=["roster.reveal"])),
    Route(
        "roster/export/",
        roster.export,
        "roster-export",
        employer(EMPLOYER_READERS, does=["roster.read", "roster.reveal"]),
    ),
    Route("roster/bulk/", roster_bulk.bulk, "roster-bulk", KEEP),
    Route("roster/bulk/<int:change_id>/", roster_bulk.bulk_result, "roster-bulk-result", READERS),
    Route("roster/add/", roster_people.person_add, "roster-person-add", KEEP),
    Route(
        "roster/people/<int:entry_id>/",
        roster_people.person,
        "roster-person",
        employer(EMPLOYER_READERS, does=["roster.keep"]),
    ),
    Route("roster/people/<int:entry_id>/row/", roster_people.person_row, "roster-row", KEEP),
    Route("roster/people/<int:entry_id>/end/", roster_people.person_end, "roster-person-end", KEEP),
    Route("roster/people/<int:entry_id>/joined/", roster_people.person_joined, "roster-person-joined", KEEP),
    Route("roster/people/<int:entry_id>/undo-end/", roster_people.person_undo_end, "roster-person-undo", KEEP),
    Route("roster/people/<int:entry_id>/document/", roster_people.person_document, "roster-person-document", KEEP),
    Route("roster/people/<int:entry_id>/number/", roster_people.reveal, "roster-reveal", employer_may("roster.reveal")),
    Route("roster/import/", roster_files.import_file, "roster-import", KEEP),
    Route("roster/imports/<int:import_id>/", roster_files.import_result, "roster-import-result", READERS),
    Route("roster/imports/<int:import_id>/progress/", roster_files.import_progress, "roster-import-progress", READERS),
    Route("roster/imports/<int:import_id>/cancel/", roster_files.import_cancel, "roster-import-cancel", KEEP),
    Route("roster/imports/<int:import_id>/errors/", roster_files.import_errors, "roster-import-errors", KEEP),
    Route("roster/insurance/", roster_insurance.insurance, "insurance-roster", READERS),
    Route("roster/insurance/upload/", roster_insurance.insurance_upload, "insurance-roster-upload", KEEP),
    Route("roster/insurance/<int:list_id>/reasons/", roster_insurance.reasons, "insurance-reasons", KEEP),
]
