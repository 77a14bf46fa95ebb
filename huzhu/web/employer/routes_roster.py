"""职工名册维护."""

from huzhu.accounts.roles import EMPLOYER_ENROLLERS, EMPLOYER_READERS
from huzhu.web.access import employer
from huzhu.web.employer.views import roster, roster_bulk, roster_files, roster_insurance, roster_people
from huzhu.web.routes import Route

WRITERS, READERS = employer(EMPLOYER_ENROLLERS), employer(EMPLOYER_READERS)

ROUTES = [
    Route("roster/", roster.roster_list, "roster", READERS),
    Route("roster/template/", roster.template, "roster-template", READERS),
    Route("roster/export/", roster.export, "roster-export", READERS),
    Route("roster/bulk/", roster_bulk.bulk, "roster-bulk", WRITERS),
    Route("roster/bulk/<int:change_id>/", roster_bulk.bulk_result, "roster-bulk-result", READERS),
    Route("roster/add/", roster_people.person_add, "roster-person-add", WRITERS),
    Route("roster/people/<int:entry_id>/", roster_people.person, "roster-person", READERS),
    Route("roster/people/<int:entry_id>/row/", roster_people.person_row, "roster-row", WRITERS),
    Route("roster/people/<int:entry_id>/end/", roster_people.person_end, "roster-person-end", WRITERS),
    Route("roster/people/<int:entry_id>/joined/", roster_people.person_joined, "roster-person-joined", WRITERS),
    Route("roster/people/<int:entry_id>/undo-end/", roster_people.person_undo_end, "roster-person-undo", WRITERS),
    Route("roster/people/<int:entry_id>/document/", roster_people.person_document, "roster-person-document", WRITERS),
    Route("roster/people/<int:entry_id>/number/", roster_people.reveal, "roster-reveal", WRITERS),
    Route("roster/import/", roster_files.import_file, "roster-import", WRITERS),
    Route("roster/imports/<int:import_id>/", roster_files.import_result, "roster-import-result", READERS),
    Route("roster/imports/<int:import_id>/progress/", roster_files.import_progress, "roster-import-progress", READERS),
    Route("roster/imports/<int:import_id>/cancel/", roster_files.import_cancel, "roster-import-cancel", WRITERS),
    Route("roster/imports/<int:import_id>/errors/", roster_files.import_errors, "roster-import-errors", WRITERS),
    Route("roster/insurance/", roster_insurance.insurance, "insurance-roster", READERS),
    Route("roster/insurance/upload/", roster_insurance.insurance_upload, "insurance-roster-upload", WRITERS),
    Route("roster/insurance/<int:list_id>/reasons/", roster_insurance.reasons, "insurance-reasons", WRITERS),
]
