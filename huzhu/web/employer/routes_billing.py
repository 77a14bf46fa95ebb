"""缴款单打印, 申请撤单 and 延迟缴款申请."""

from huzhu.accounts.roles import EMPLOYER_READERS
from huzhu.web.access import employer, employer_may
from huzhu.web.employer.views import arrival, slip_requests, slips
from huzhu.web.routes import Route

READ = employer(EMPLOYER_READERS)

ROUTES = [
    Route("slips/", slips.slips, "slips", READ),
    Route("slips/arrival/", arrival.slips_arrival, "slips-arrival", READ),
    Route("slips/<int:slip_id>/", slips.slip, "slip", READ),
    Route("slips/<int:slip_id>/pdf/", slips.slip_pdf, "slip-pdf", READ),
    Route("slips/<int:slip_id>/remittance/", slips.remittance, "slip-remittance", READ),
    Route("slips/<int:slip_id>/remittance/pdf/", slips.remittance_pdf, "slip-remittance-pdf", READ),
    Route(
        "slips/<int:slip_id>/cancel/", slips.cancel, "slip-cancel", employer_may("slip.cancel", "slip_cancellation.ask")
    ),
    Route(
        "slips/cancellations/<int:cancellation_id>/withdraw/",
        slip_requests.cancellation_withdraw,
        "slip-cancellation-withdraw",
        employer_may("slip_cancellation.withdraw"),
    ),
    Route(
        "slips/<int:slip_id>/extension/",
        slip_requests.extension,
        "slip-extension",
        employer_may("payment_extension.ask"),
    ),
    Route(
        "slips/extensions/<int:extension_id>/withdraw/",
        slip_requests.extension_withdraw,
        "slip-extension-withdraw",
        employer_may("payment_extension.withdraw"),
    ),
]
