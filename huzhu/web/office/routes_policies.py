"""保单查询, 保障查询, 开票管理."""

from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.web import policy_pages
from huzhu.web.access import office, office_may
from huzhu.web.office.views import cover, policies, receipts
from huzhu.web.routes import Route

COVER_READERS = office(
    StaffRole.REGISTRAR,
    StaffRole.REVIEWER,
    StaffRole.ADJUDICATOR,
    StaffRole.CLAIM_REVIEWER,
    StaffRole.AUDITOR,
)
POLICY_READERS = office(*COVER_READERS.roles, *CASHIERS)
READ = office(*CASHIERS, StaffRole.AUDITOR)

ROUTES = [
    Route("policies/", policies.policies, "policies", POLICY_READERS),
    Route("policies/<int:policy_id>/", policies.policy, "policy", POLICY_READERS),
    Route("policies/versions/<int:policy_version_id>/", policy_pages.version, "policy-version", POLICY_READERS),
    Route(
        "policies/versions/<int:policy_version_id>/pdf/", policy_pages.version_pdf, "policy-version-pdf", POLICY_READERS
    ),
    Route("policies/<int:policy_id>/pdf/", policies.policy_pdf, "policy-pdf", POLICY_READERS),
    Route("policies/people/<int:cover_id>/number/", policy_pages.reveal, "policy-reveal", office_may("policy.reveal")),
    Route("cover/", cover.cover, "cover", COVER_READERS),
    Route("cover/day/", cover.cover_day, "cover-day", COVER_READERS),
    Route("cover/people/<int:worker_id>/", cover.cover_person, "cover-person", COVER_READERS),
    Route("cover/people/<int:worker_id>/number/", cover.reveal, "cover-reveal", office_may("cover.reveal")),
    Route("receipts/", receipts.receipts, "receipts", READ),
    Route("receipts/<int:request_id>/", receipts.receipt, "receipt", READ),
    Route(
        "receipts/<int:request_id>/issue/", receipts.receipt_issue, "receipt-issue", office_may("receipt_request.issue")
    ),
    Route(
        "receipts/<int:request_id>/refuse/",
        receipts.receipt_refuse,
        "receipt-refuse",
        office_may("receipt_request.refuse"),
    ),
    Route(
        "receipts/<int:request_id>/reverse/",
        receipts.receipt_reverse,
        "receipt-reverse",
        office_may("receipt_request.reverse"),
    ),
    Route("receipts/issued/<int:receipt_id>/pdf/", receipts.receipt_pdf, "receipt-pdf", READ),
]
