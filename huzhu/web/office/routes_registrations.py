"""单位审核."""

from django.views.decorators.http import require_POST

from huzhu.accounts.roles import StaffRole
from huzhu.web.access import office
from huzhu.web.office.views import registrations
from huzhu.web.routes import Route

READERS = office(StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.AUDITOR)
REGISTRARS = office(StaffRole.REGISTRAR)
ONE = "registrations/<int:registration_id>/"

ROUTES = [
    Route("registrations/", registrations.registrations, "registrations", READERS),
    Route(ONE, registrations.registration, "registration", READERS),
    Route(f"{ONE}certificate/", registrations.certificate, "registration-certificate", READERS),
    Route(f"{ONE}approve/", require_POST(registrations.approve), "registration-approve", REGISTRARS),
    Route(f"{ONE}return/", require_POST(registrations.send_back), "registration-return", REGISTRARS),
    Route(f"{ONE}reject/", require_POST(registrations.reject), "registration-reject", REGISTRARS),
    Route(f"{ONE}reveal/<str:field>/", require_POST(registrations.reveal), "registration-reveal", REGISTRARS),
]
