"""缴款单, 撤单与延期, 银行流水, 到账匹配, 异常缴费, 日清."""

from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.web.access import office, office_may
from huzhu.web.office.views import arrival, matching, slip_requests, slips, statements
from huzhu.web.routes import Route

READ = office(*CASHIERS, StaffRole.AUDITOR)

LOOK = office(StaffRole.REGISTRAR, StaffRole.REVIEWER, *CASHIERS, StaffRole.AUDITOR)

EXTENSION = "slip-requests/extensions/<int:extension_id>"
CANCELLATION = "slip-requests/cancellations/<int:cancellation_id>"

ROUTES = [
    Route("slips/", slips.slips, "slips", LOOK),
    Route("slips/<int:slip_id>/", slips.slip, "slip", LOOK),
    Route("slips/<int:slip_id>/arrival/", arrival.slip_arrival, "slip-arrival", LOOK),
    Route("slips/<int:slip_id>/reissue/", slips.reissue, "slip-reissue", office_may("enrolment.reissue")),
    Route("slip-requests/", slip_requests.requests, "slip-requests", READ),
    Route(f"{EXTENSION}/", slip_requests.extension, "slip-request-extension", READ),
    Route(
        f"{EXTENSION}/approve/",
        slip_requests.extension_approve,
        "slip-request-extension-approve",
        office_may("payment_extension.approve"),
    ),
    Route(
        f"{EXTENSION}/refuse/",
        slip_requests.extension_refuse,
        "slip-request-extension-refuse",
        office_may("payment_extension.refuse"),
    ),
    Route(f"{CANCELLATION}/", slip_requests.cancellation, "slip-request-cancellation", READ),
    Route(
        f"{CANCELLATION}/approve/",
        slip_requests.cancellation_approve,
        "slip-request-cancellation-approve",
        office_may("slip_cancellation.approve"),
    ),
    Route(
        f"{CANCELLATION}/refuse/",
        slip_requests.cancellation_refuse,
        "slip-request-cancellation-refuse",
        office_may("slip_cancellation.refuse"),
    ),
    Route("statements/", statements.statements, "statements", READ),
    Route("statements/import/", statements.statement_import, "statement-import", office_may("bank.keep")),
    Route("statements/<int:statement_id>/", statements.statement, "statement", READ),
    Route("statements/<int:statement_id>/progress/", statements.statement_progress, "statement-progress", READ),
    Route(
        "statements/<int:statement_id>/close/", statements.statement_close, "statement-close", office_may("bank.keep")
    ),
    Route("matching/", matching.matching, "matching", READ),
    Route("matching/<int:line_id>/", matching.line, "matching-line", READ),
    Route("matching/<int:line_id>/propose/", matching.propose, "matching-propose", office_may("bank_line.propose")),
    Route("matching/<int:line_id>/confirm/", matching.confirm, "matching-confirm", office_may("bank_line.confirm")),
    Route("matching/<int:line_id>/decline/", matching.decline, "matching-decline", office_may("bank_line.decline")),
    Route(
        "matching/<int:line_id>/set-aside/", matching.set_aside, "matching-set-aside", office_may("bank_line.set_aside")
    ),
    Route("payment-exceptions/", matching.payment_exceptions, "payment-exceptions", READ),
    Route("daily-close/", statements.daily_close, "daily-close", READ),
]
