"""单位保单查询, 续保, 单位开票申请, 单位开票查询."""

from huzhu.accounts.roles import EMPLOYER_READERS
from huzhu.web import policy_pages
from huzhu.web.access import employer, employer_may
from huzhu.web.employer.views import endorsements, policies, receipts, renewals
from huzhu.web.routes import Route

READ = employer(EMPLOYER_READERS)

ROUTES = [
    Route("policies/", policies.policies, "policies", READ),
    Route("policies/<int:policy_id>/", policies.policy, "policy", READ),
    Route("policies/versions/<int:policy_version_id>/", policy_pages.version, "policy-version", READ),
    Route("policies/versions/<int:policy_version_id>/pdf/", policy_pages.version_pdf, "policy-version-pdf", READ),
    Route("policies/<int:policy_id>/pdf/", policies.policy_pdf, "policy-pdf", READ),
    Route(
        "policies/people/<int:cover_id>/number/", policy_pages.reveal, "policy-reveal", employer_may("policy.reveal")
    ),
    Route(
        "policies/<int:policy_id>/confirmation/",
        policies.policy_confirmation,
        "policy-confirmation",
        employer(EMPLOYER_READERS, does=["policy.confirm"]),
    ),
    Route(
        "policies/<int:policy_id>/add-members/",
        endorsements.add,
        "policy-add-members",
        employer(EMPLOYER_READERS, does=["enrolment.begin"]),
    ),
    Route(
        "policies/<int:policy_id>/remove-members/",
        endorsements.remove,
        "policy-remove-members",
        employer(EMPLOYER_READERS, does=["policy.remove_members"]),
    ),
    Route(
        "policies/<int:policy_id>/renew/",
        renewals.renew,
        "policy-renew",
        employer(EMPLOYER_READERS, does=["enrolment.begin"]),
    ),
    Route("receipt-requests/", receipts.receipt_requests, "receipt-requests", READ),
    Route(
        "receipt-requests/new/",
        receipts.receipt_request_new,
        "receipt-request-new",
        employer_may("receipt_request.ask"),
    ),
    Route("receipt-requests/<int:request_id>/", receipts.receipt_request, "receipt-request", READ),
    Route("receipts/", receipts.receipts, "receipts", READ),
    Route("receipts/<int:receipt_id>/pdf/", receipts.receipt_pdf, "receipt-pdf", READ),
    Route("receipts/<int:receipt_id>/data/", receipts.receipt_data, "receipt-data", READ),
]
