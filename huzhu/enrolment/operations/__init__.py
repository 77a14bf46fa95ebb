"""Everything that writes an application, by the stage of its life."""

from huzhu.enrolment.operations.adding import EndorsedPolicy, begin_addition
from huzhu.enrolment.operations.choosing import GiftsRefused
from huzhu.enrolment.operations.drafting import (
    PlansRefused,
    create_draft,
    set_plans,
    set_reference_dates,
    set_wizard_step,
)
from huzhu.enrolment.operations.flow import NotEditable
from huzhu.enrolment.operations.judging import NothingToJudge, ReasonNeeded, judge_proof
from huzhu.enrolment.operations.looks import reveal_number
from huzhu.enrolment.operations.people import (
    AddedPeople,
    InsuranceRosterRefused,
    add_from_roster,
    attach_insurance_roster,
    enrol_entries,
    remove_members,
    restore_members,
    set_aside_insurance_roster,
)
from huzhu.enrolment.operations.phone_links import (
    PhoneLinkForged,
    PhoneLinkOver,
    TooManyPhoneLinks,
    add_phone_file,
    check_open,
    count_phone_try,
    find_phone_link,
    get_phone_actor,
    get_token,
    open_phone_link,
)
from huzhu.enrolment.operations.places import PlacesGone
from huzhu.enrolment.operations.proofs import FileUnknown, add_proof_file, remove_proof_file
from huzhu.enrolment.operations.renewing import RenewedPeople, enrol_for_renewal
from huzhu.enrolment.operations.reviewing import (
    StillBlocked,
    approve_first,
    approve_second,
    recheck_under_review,
    return_for_correction,
)
from huzhu.enrolment.operations.settling import (
    ReissueTooLate,
    cancel,
    expire,
    lock_for_settlement,
    reissue,
    settle,
    withdraw_to_draft,
)
from huzhu.enrolment.operations.shares import SharesRefused, set_shares
from huzhu.enrolment.operations.splitting import SplitRefused, split_returned
from huzhu.enrolment.operations.submitting import (
    SubmitRefused,
    delete,
    edit,
    recall,
    run_precheck,
    send_form,
    submit,
)

__all__ = [
    "AddedPeople",
    "EndorsedPolicy",
    "FileUnknown",
    "GiftsRefused",
    "InsuranceRosterRefused",
    "NotEditable",
    "NothingToJudge",
    "PhoneLinkForged",
    "PhoneLinkOver",
    "PlacesGone",
    "PlansRefused",
    "ReasonNeeded",
    "ReissueTooLate",
    "RenewedPeople",
    "SharesRefused",
    "SplitRefused",
    "StillBlocked",
    "SubmitRefused",
    "TooManyPhoneLinks",
    "add_from_roster",
    "add_phone_file",
    "add_proof_file",
    "approve_first",
    "approve_second",
    "attach_insurance_roster",
    "begin_addition",
    "cancel",
    "check_open",
    "count_phone_try",
    "create_draft",
    "delete",
    "edit",
    "enrol_entries",
    "enrol_for_renewal",
    "expire",
    "find_phone_link",
    "get_phone_actor",
    "get_token",
    "judge_proof",
    "lock_for_settlement",
    "open_phone_link",
    "recall",
    "recheck_under_review",
    "reissue",
    "remove_members",
    "remove_proof_file",
    "restore_members",
    "return_for_correction",
    "reveal_number",
    "run_precheck",
    "send_form",
    "set_aside_insurance_roster",
    "set_plans",
    "set_reference_dates",
    "set_shares",
    "set_wizard_step",
    "settle",
    "split_returned",
    "submit",
    "withdraw_to_draft",
]
