"""缴款单打印 and 申请撤单."""

from huzhu.accounts.roles import EMPLOYER_PAYERS, EMPLOYER_READERS
from huzhu.web.access import employer
from huzhu.web.employer.views import slips
from huzhu.web.routes import Route

READ, PAY = employer(EMPLOYER_READERS), employer(EMPLOYER_PAYERS)

ROUTES = [
    Route("slips/", slips.slips, "slips", READ),
    Route("slips/<int:slip_id>/", slips.slip, "slip", READ),
    Route("slips/<int:slip_id>/pdf/", slips.slip_pdf, "slip-pdf", READ),
    Route("slips/<int:slip_id>/remittance/", slips.remittance, "slip-remittance", READ),
    Route("slips/<int:slip_id>/remittance/pdf/", slips.remittance_pdf, "slip-remittance-pdf", READ),
    Route("slips/<int:slip_id>/cancel/", slips.cancel, "slip-cancel", PAY),
]
