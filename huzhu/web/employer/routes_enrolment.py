"""参保申报进度及查询 and the wizard 新增参保."""

from huzhu.accounts.roles import EMPLOYER_ENROLLERS, EMPLOYER_READERS
from huzhu.web import files
from huzhu.web.access import employer
from huzhu.web.employer.views import applications, wizard, wizard_papers, wizard_people
from huzhu.web.routes import Route

READERS, ENROLLERS = employer(EMPLOYER_READERS), employer(EMPLOYER_ENROLLERS)
HERE = "applications/<int:application_id>/"

ROUTES = [
    Route("applications/", applications.applications, "applications", READERS),
    Route("applications/new/", wizard.new, "application-new", ENROLLERS),
    Route(HERE, applications.application, "application", READERS),
    Route(f"{HERE}edit/", applications.edit, "application-edit", ENROLLERS),
    Route(f"{HERE}delete/", applications.delete, "application-delete", ENROLLERS),
    Route(f"{HERE}recall/", applications.recall, "application-recall", ENROLLERS),
    Route(f"{HERE}form/", applications.application_form, "application-form", READERS),
    Route(f"{HERE}form/upload/", applications.upload_form, "application-form-upload", ENROLLERS),
    Route(f"{HERE}plans/", wizard.choose_plans, "wizard-plans", ENROLLERS),
    Route(f"{HERE}people/", wizard_people.choose_people, "wizard-people", ENROLLERS),
    Route(f"{HERE}people/add/", wizard_people.add_people, "wizard-people-add", ENROLLERS),
    Route(f"{HERE}people/file/", wizard_people.add_file, "wizard-people-file", ENROLLERS),
    Route(f"{HERE}people/file/<int:import_id>/", wizard_people.file_result, "wizard-people-result", ENROLLERS),
    Route(f"{HERE}members/", wizard_people.check_members, "wizard-members", ENROLLERS),
    Route(f"{HERE}members/remove/", wizard_people.remove_members, "wizard-members-remove", ENROLLERS),
    Route(f"{HERE}members/restore/", wizard_people.restore_members, "wizard-members-restore", ENROLLERS),
    Route(f"{HERE}members/check/", wizard_people.check_again, "wizard-members-check", ENROLLERS),
    Route(f"{HERE}proofs/", wizard_papers.proofs, "wizard-proofs", ENROLLERS),
    Route(f"{HERE}proofs/list/", wizard_papers.upload_list, "wizard-proofs-list", ENROLLERS),
    Route(f"{HERE}proofs/list/use/", wizard_papers.attach_list, "wizard-proofs-list-use", ENROLLERS),
    Route(f"{HERE}proofs/remove/<int:proof_file_id>/", wizard_papers.remove_proof, "wizard-proof-remove", ENROLLERS),
    Route(f"{HERE}proofs/<slug:kind>/", wizard_papers.upload_proof, "wizard-proof-upload", ENROLLERS),
    Route(f"{HERE}dates/", wizard.set_dates, "wizard-dates", ENROLLERS),
    Route(f"{HERE}submit/", wizard.submit, "wizard-submit", ENROLLERS),
    Route("files/<uuid:file_id>/", files.stored_file, "file", READERS),
]
