"""单位审核: registrations, changes of facts and of handler, bindings of old policies, transfers between branches."""

from functools import partial

from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.accounts.roles import StaffRole
from huzhu.web.access import office, office_may
from huzhu.web.office.views import bindings, changes, hand_overs, past_policies, registrations, transfers
from huzhu.web.routes import Route

READERS = office(StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.AUDITOR)
ONE = "registrations/<int:registration_id>/"
CHANGE = "changes/<int:change_id>/"
HAND_OVER = "hand-overs/<int:hand_over_id>/"
PAST_READERS = office(StaffRole.REGISTRAR, StaffRole.AUDITOR)
PAST = "past-policies/<int:past_import_id>/"
PAST_UPLOAD = "past-policies/uploads/<int:past_upload_id>/"
TRANSFER = "transfers/<int:transfer_id>/"
_asks = require_http_methods(["GET", "HEAD", "POST"])


def _decide(act: str):
    return require_POST(partial(hand_overs.decide, act=act))


ROUTES = [
    Route("registrations/", registrations.registrations, "registrations", READERS),
    Route(ONE, registrations.registration, "registration", READERS),
    Route(f"{ONE}certificate/", require_safe(registrations.certificate), "registration-certificate", READERS),
    Route(
        f"{ONE}approve/",
        require_POST(registrations.approve),
        "registration-approve",
        office_may("registration.approve"),
    ),
    Route(
        f"{ONE}return/",
        require_POST(registrations.send_back),
        "registration-return",
        office_may("registration.send_back"),
    ),
    Route(
        f"{ONE}reject/", require_POST(registrations.reject), "registration-reject", office_may("registration.reject")
    ),
    Route(
        f"{ONE}reveal/<str:field>/",
        _asks(registrations.reveal),
        "registration-reveal",
        office_may("registration.reveal"),
    ),
    Route("changes/", require_safe(changes.changes), "changes", READERS),
    Route(CHANGE, require_safe(changes.change), "change", READERS),
    Route(f"{CHANGE}certificate/", require_safe(changes.certificate), "change-certificate", READERS),
    Route(f"{CHANGE}approve/", require_POST(changes.approve), "change-approve", office_may("change_request.approve")),
    Route(f"{CHANGE}return/", require_POST(changes.send_back), "change-return", office_may("change_request.send_back")),
    Route(f"{CHANGE}reject/", require_POST(changes.reject), "change-reject", office_may("change_request.reject")),
    Route(f"{CHANGE}reveal/", _asks(changes.reveal), "change-reveal", office_may("change_request.reveal")),
    Route("hand-overs/", require_safe(hand_overs.hand_overs), "hand-overs", READERS),
    Route(HAND_OVER, require_safe(hand_overs.hand_over), "hand-over", READERS),
    Route(f"{HAND_OVER}form/", require_safe(hand_overs.hand_over_paper), "hand-over-form", READERS),
    Route(f"{HAND_OVER}approve/", _decide("approve"), "hand-over-approve", office_may("hand_over.approve")),
    Route(f"{HAND_OVER}return/", _decide("return"), "hand-over-return", office_may("hand_over.send_back")),
    Route(f"{HAND_OVER}reject/", _decide("reject"), "hand-over-reject", office_may("hand_over.reject")),
    Route(
        f"{HAND_OVER}reveal/<str:field>/", _asks(hand_overs.reveal), "hand-over-reveal", office_may("hand_over.reveal")
    ),
    Route("past-policies/", require_safe(past_policies.imports), "past-policies", PAST_READERS),
    Route(
        "past-policies/import/",
        require_POST(past_policies.take),
        "past-policies-import",
        office_may("past_policy.import"),
    ),
    Route(PAST_UPLOAD, require_safe(past_policies.upload), "past-policies-upload", PAST_READERS),
    Route(f"{PAST_UPLOAD}progress/", require_safe(past_policies.progress), "past-policies-progress", PAST_READERS),
    Route("past-policies/template/", require_safe(past_policies.template), "past-policies-template", PAST_READERS),
    Route(PAST, require_safe(past_policies.result), "past-policies-result", PAST_READERS),
    Route(f"{PAST}errors/", require_safe(past_policies.errors), "past-policies-errors", PAST_READERS),
    Route(
        "members/<int:membership_id>/reveal/",
        _asks(hand_overs.reveal_member),
        "member-reveal",
        office_may("member.reveal"),
    ),
    Route("bindings/", require_safe(bindings.bindings), "bindings", READERS),
    Route("bindings/<int:binding_id>/", require_safe(bindings.binding), "binding", READERS),
    Route(
        "bindings/<int:binding_id>/confirm/",
        require_POST(bindings.confirm),
        "binding-confirm",
        office_may("policy_binding.confirm"),
    ),
    Route(
        "bindings/<int:binding_id>/reject/",
        require_POST(bindings.reject),
        "binding-reject",
        office_may("policy_binding.reject"),
    ),
    Route("transfers/", require_safe(transfers.transfers), "transfers", READERS),
    Route("transfers/new/", transfers.make, "transfer-new", office_may("branch_transfer.ask")),
    Route("transfers/new/many/", transfers.make_many, "transfer-new-many", office_may("branch_transfer.ask")),
    Route(TRANSFER, require_safe(transfers.transfer), "transfer", READERS),
    Route(
        f"{TRANSFER}accept/", require_POST(transfers.accept), "transfer-accept", office_may("branch_transfer.accept")
    ),
    Route(
        f"{TRANSFER}refuse/", require_POST(transfers.refuse), "transfer-refuse", office_may("branch_transfer.refuse")
    ),
    Route(
        f"{TRANSFER}withdraw/",
        require_POST(transfers.withdraw),
        "transfer-withdraw",
        office_may("branch_transfer.withdraw"),
    ),
]
