"""Questions about applications that need more than a queryset method; each a fixed number of statements, whatever the people."""

from huzhu.enrolment.queries.arrival import ArrivalForecast, ArrivalGroup, NamedPerson, Outcome, forecast_arrival
from huzhu.enrolment.queries.filters import GRAVITY, NORMAL
from huzhu.enrolment.queries.glance import CodeCount, PlanTotal, Summary, get_summary
from huzhu.enrolment.queries.missing import Missing, get_last_verdicts, get_missing, get_proof_files, get_slots
from huzhu.enrolment.queries.people import (
    PAGE,
    FindingGroup,
    FindingWords,
    MemberPage,
    MemberRow,
    get_findings_grouped,
    get_member_rows,
    in_words,
)
from huzhu.enrolment.queries.reviews import (
    Difference,
    PersonChange,
    get_diff_to_last_submission,
    get_listed,
    get_work_list,
    leave_out_own,
)
from huzhu.enrolment.queries.settlement import (
    COVER_SOURCE,
    SafeArrival,
    SafeArrivals,
    get_cover_source,
    get_plan_ids,
    get_safe_arrivals,
)

__all__ = [
    "COVER_SOURCE",
    "GRAVITY",
    "NORMAL",
    "PAGE",
    "ArrivalForecast",
    "ArrivalGroup",
    "CodeCount",
    "Difference",
    "FindingGroup",
    "FindingWords",
    "MemberPage",
    "MemberRow",
    "Missing",
    "NamedPerson",
    "Outcome",
    "PersonChange",
    "PlanTotal",
    "SafeArrival",
    "SafeArrivals",
    "Summary",
    "forecast_arrival",
    "get_cover_source",
    "get_diff_to_last_submission",
    "get_findings_grouped",
    "get_last_verdicts",
    "get_listed",
    "get_member_rows",
    "get_missing",
    "get_plan_ids",
    "get_proof_files",
    "get_safe_arrivals",
    "get_slots",
    "get_summary",
    "get_work_list",
    "in_words",
    "leave_out_own",
]
