"""参保初审 and 参保复审, and the files that reviewers look at."""

from huzhu.accounts.roles import StaffRole
from huzhu.web import files
from huzhu.web.access import office, office_may
from huzhu.web.office.views import arrival, replays, reviews, why
from huzhu.web.routes import Route

FIRST = office(StaffRole.REGISTRAR, StaffRole.AUDITOR)
EITHER = office(StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.AUDITOR)
SECOND = office(StaffRole.REVIEWER, StaffRole.AUDITOR)

ROUTES = [
    Route("first-reviews/", reviews.first_reviews, "first-reviews", FIRST),
    Route("first-reviews/<int:application_id>/", reviews.first_review, "first-review", FIRST),
    Route("second-reviews/", reviews.second_reviews, "second-reviews", SECOND),
    Route("second-reviews/<int:application_id>/", reviews.second_review, "second-review", SECOND),
    Route("reviews/<int:application_id>/arrival/", arrival.review_arrival, "review-arrival", EITHER),
    Route("reviews/<int:application_id>/replay/", replays.review_replay, "review-replay", EITHER),
    Route(
        "reviews/<int:application_id>/claim/",
        reviews.claim,
        "review-claim",
        office_may("enrolment.approve_first", "enrolment.approve_second"),
    ),
    Route(
        "reviews/<int:application_id>/approve/",
        reviews.approve,
        "review-approve",
        office_may("enrolment.approve_first", "enrolment.approve_second"),
    ),
    Route(
        "reviews/<int:application_id>/return/",
        reviews.send_back,
        "review-return",
        office_may("enrolment.return_first", "enrolment.return_second"),
    ),
    Route(
        "reviews/proofs/<int:slot_id>/",
        reviews.judge_proof,
        "review-proof",
        office_may("enrolment.approve_first", "enrolment.approve_second"),
    ),
    Route("reviews/people/<int:member_id>/number/", reviews.reveal, "review-reveal", office_may("enrolment.reveal")),
    Route("reviews/people/<int:member_id>/why/", why.review_why, "review-why", EITHER),
    Route("files/<uuid:file_id>/", files.stored_file, "file", office()),
]
