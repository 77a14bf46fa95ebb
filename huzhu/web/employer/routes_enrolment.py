"""参保申报进度及查询 and the wizard 新增参保."""

from huzhu.accounts.roles import EMPLOYER_READERS
from huzhu.web import files
from huzhu.web.access import employer, employer_may
from huzhu.web.employer.views import applications, arrival, renewals, splits, why, wizard, wizard_papers, wizard_people
from huzhu.web.routes import Route

READERS, FILL_IN = employer(EMPLOYER_READERS), employer_may("enrolment.fill_in")
HERE = "applications/<int:application_id>/"

ROUTES = [
    Route("applications/", applications.applications, "applications", READERS),
    Route("applications/new/", wizard.new, "application-new", employer_may("enrolment.begin")),
    Route(HERE, applications.application, "application", READERS),
    Route("applications/people/<int:member_id>/why/", why.application_why, "application-why", READERS),
    Route(f"{HERE}arrival/", arrival.application_arrival, "application-arrival", READERS),
    Route(f"{HERE}renewal/", renewals.comparison, "application-renewal", READERS),
    Route(f"{HERE}renewal/change/", renewals.change, "application-renewal-change", FILL_IN),
    Route(f"{HERE}edit/", applications.edit, "application-edit", employer_may("enrolment.edit", "enrolment.fill_in")),
    Route(f"{HERE}delete/", applications.delete, "application-delete", employer_may("enrolment.delete")),
    Route(f"{HERE}recall/", applications.recall, "application-recall", employer_may("enrolment.recall")),
    Route(f"{HERE}split/", splits.split, "application-split", employer_may("enrolment.split")),
    Route(f"{HERE}form/", applications.application_form, "application-form", READERS),
    Route(
        f"{HERE}form/upload/", applications.upload_form, "application-form-upload", employer_may("enrolment.send_form")
    ),
    Route(f"{HERE}plans/", wizard.choose_plans, "wizard-plans", FILL_IN),
    Route(f"{HERE}people/", wizard_people.choose_people, "wizard-people", FILL_IN),
    Route(f"{HERE}people/add/", wizard_people.add_people, "wizard-people-add", FILL_IN),
    Route(f"{HERE}people/file/", wizard_people.add_file, "wizard-people-file", FILL_IN),
    Route(f"{HERE}people/file/<int:import_id>/", wizard_people.file_result, "wizard-people-result", FILL_IN),
    Route(f"{HERE}members/", wizard_people.check_members, "wizard-members", FILL_IN),
    Route(f"{HERE}members/remove/", wizard_people.remove_members, "wizard-members-remove", FILL_IN),
    Route(f"{HERE}members/restore/", wizard_people.restore_members, "wizard-members-restore", FILL_IN),
    Route(f"{HERE}members/shares/", wizard_people.set_shares, "wizard-members-shares", FILL_IN),
    Route(f"{HERE}members/check/", wizard_people.check_again, "wizard-members-check", FILL_IN),
    Route(f"{HERE}proofs/", wizard_papers.proofs, "wizard-proofs", FILL_IN),
    Route(f"{HERE}proofs/list/", wizard_papers.upload_list, "wizard-proofs-list", FILL_IN),
    Route(f"{HERE}proofs/list/use/", wizard_papers.attach_list, "wizard-proofs-list-use", FILL_IN),
    Route(f"{HERE}proofs/remove/<int:proof_file_id>/", wizard_papers.remove_proof, "wizard-proof-remove", FILL_IN),
    Route(f"{HERE}proofs/<slug:kind>/phone/", wizard_papers.open_phone, "wizard-proof-phone", FILL_IN),
    Route(f"{HERE}proofs/<slug:kind>/", wizard_papers.upload_proof, "wizard-proof-upload", FILL_IN),
    Route(f"{HERE}dates/", wizard.set_dates, "wizard-dates", FILL_IN),
    Route(f"{HERE}submit/", wizard.submit, "wizard-submit", employer_may("enrolment.submit")),
    Route("files/<uuid:file_id>/", files.stored_file, "file", READERS),
]
