"""What the rules look at, gathered once per person and plan, per plan, and per application, as SQL."""

from __future__ import annotations

from huzhu.cover.queries import CHAINS, period_sql
from huzhu.enrolment.precheck.mid_term import contribution_sql
from huzhu.enrolment.precheck.reasons import DISPATCHED, NEWCOMERS, SAID_AWAY
from huzhu.shared.identity import names

# Parameters: application, today, tomorrow, is_final, payment_expected_by, and the patterns of NAME_PATTERNS.

# Everybody on the lists, each person once, whether on one list, on both, or under two documents; without those said to be away
# (retired, left, dispatched) whom the roster does not have either. Of a number of 18 characters the last but one, left readable by
# the mask, tells the gender; of other documents the employer's own roster does.
_LISTED_PEOPLE = f"""
    SELECT count(*) AS people, count(*) FILTER (WHERE each_person.is_woman) AS women
    FROM (
        SELECT held.worker_id, bool_or(said.id IS NOT NULL) AS is_said_away, bool_or(CASE
                   WHEN length(line.number_masked) = 18 THEN substr(line.number_masked, 17, 1) IN ('0', '2', '4', '6', '8')
                   ELSE (SELECT own.gender = 'female' FROM roster_rosterentry AS own
                         WHERE own.worker_id = held.worker_id AND own.employer_id = application.employer_id
                         ORDER BY own.id DESC LIMIT 1) END) AS is_woman
        FROM roster_insurancerosterline AS line
        LEFT JOIN roster_workerdocument AS held ON held.fingerprint = line.fingerprint
        LEFT JOIN roster_differencereason AS said ON {SAID_AWAY}
        WHERE line.roster_id = ANY (used.list_ids)
        GROUP BY held.worker_id, CASE WHEN held.worker_id IS NULL THEN line.fingerprint END
    ) AS each_person
    WHERE NOT each_person.is_said_away
       OR EXISTS (SELECT FROM roster_rosterentry AS here WHERE here.worker_id = each_person.worker_id
                  AND here.employer_id = application.employer_id AND here.left_on IS NULL)
"""

# The lists are those of the month of submission or the month before (rulebook §2.2), however long the reviews take.
APPLICATION_FACTS = f"""
    SELECT application.id AS application_id, application.employer_id, application.endorsed_policy_id, employer.headcount,
           employer.women_headcount, submission.month AS this_month, used.list_ids, used.lists,
           listed.people + used.unreadable AS list_people,
           listed.women AS list_women
    FROM enrolment_enrolmentapplication AS application
    JOIN employers_employer AS employer ON employer.id = application.employer_id
    CROSS JOIN LATERAL (
        SELECT date_trunc('month', CASE WHEN application.state IN ('draft', 'returned') THEN %(today)s::date
            ELSE application.submitted_at AT TIME ZONE 'Asia/Shanghai' END)::date AS month
    ) AS submission
    CROSS JOIN LATERAL (
        SELECT array_agg(list.id) AS list_ids, coalesce(sum(list.failed - list.repeated), 0) AS unreadable,
               jsonb_agg(jsonb_build_object('kind', list.kind, 'month', list.month) ORDER BY list.kind DESC) AS lists
        FROM roster_insuranceroster AS list
        WHERE list.id IN (application.insurance_roster_id, application.medical_roster_id)
          AND list.month BETWEEN submission.month - interval '1 month' AND submission.month
    ) AS used
    CROSS JOIN LATERAL ({_LISTED_PEOPLE}) AS listed
    WHERE application.id = %(application)s
"""

# Everybody on one of the lists. Read by a hashed sub-plan, never joined: rows written a moment ago have no statistics, and a nested
# loop over them would grow with the square of the people.
_LISTED = """
    SELECT held.worker_id
    FROM application_facts AS month
    JOIN roster_insurancerosterline AS line ON line.roster_id = ANY (month.list_ids)
    JOIN roster_workerdocument AS held ON held.fingerprint = line.fingerprint
"""

NAME_PATTERNS = {
    "name_invalid": f"(?i)^({'|'.join(sorted(names.NO_NAMES))})$",
    "name_control": r"[\x01-\x1f\x7f-\x9f]",
    "name_private_use": "[\\uE000-\\uF8FF\\U000F0000-\\U0010FFFD]",
    "name_digits": "[0-9\uff10-\uff19\u00b2\u00b3\u00b9\u2070-\u2079\u2460-\u249b\u24ea-\u24ff\u3220-\u3229\u3280-\u3289]",
    "name_brackets": r"[]()\[{}<>〈〉《》【】〔〕「」『』（）［］｛｝＜＞]",
    "name_department": (
        "[\\u3400-\\u9FFF\\U00020000-\\U0003FFFF][-—–_/\\\\|,，、;；:：+&]"
        "|^[^·]{3,}部$|^[^·]{2,}(车间|科室|办公室|公司|中心|学院|工会|班组|分厂|项目部)$"
    ),
    "name_characters": '[!"#$%&*+,/:;=?@\\\\^_`|~！＂＃＄％＆＊＋，／：；＝？＠＼＾＿｀｜～。、…—]',
}

# Any of them: nearly nobody's name, and one search instead of seven.
NAME_SUSPICIOUS = "(?i)" + "|".join(pattern.removeprefix("(?i)") for pattern in NAME_PATTERNS.values())

NAME_PROBLEM = "CASE WHEN said.name = '' THEN 'name_missing' " + " ".join(
    [f"WHEN said.name ~ %({code})s THEN '{code}'" for code in NAME_PATTERNS]
    + ["WHEN length(said.name) > 50 THEN 'name_too_long' END"]
)

# What a person is taken for: as the list says, or, while it may still be edited, as the roster does now.
SAID = ("name", "name_initials", "gender", "born_on", "mobile", "job_category", "employment_form", "department")


# One person, and whoever the roster describes alike: the duplicates of the list among them.
_ALIKE = """ AND {worker} IN (
    SELECT each_one.worker_id FROM enrolment_applicationmember AS each_one
    JOIN roster_rosterentry AS theirs ON theirs.id = each_one.entry_id
    JOIN (
        SELECT DISTINCT entry.name, entry.born_on, entry.gender, entry.mobile FROM enrolment_applicationmember AS wanted
        JOIN roster_rosterentry AS entry ON entry.id = wanted.entry_id
        WHERE wanted.application_id = %(application)s AND wanted.worker_id = %(worker)s
    ) AS own ON (own.name, own.born_on, own.gender, own.mobile) = (theirs.name, theirs.born_on, theirs.gender, theirs.mobile)
    WHERE each_one.application_id = %(application)s)"""


def people_sql(*, refreshes: bool, only_one: bool = False) -> str:
    """
    This function will give everybody once, however many plans: one row, unless the list has two rows of the roster for the person.

    Each of these queries becomes a temporary table with statistics of its own (`gathering`), so that the joins fit ten people and
    a hundred thousand, however old the server's are.

    :param refreshes: whether people are taken over from the roster as it stands now
    """
    fields = ", ".join(f"entry.{name}" for name in SAID)
    on_roster = f"CROSS JOIN LATERAL (SELECT document.number_masked, {fields}) AS said"
    listed = "JOIN enrolment_applicationmember AS said ON said.id = known.member_id"
    return f"""
        SELECT retiring.*, (retires_on + interval '36 months')::date AS limit_on
        FROM (
        SELECT known.worker_id, known.entry_id, list.employer_id, said.number_masked,
               {", ".join(f"said.{name}" for name in SAID)}, entry.status, document.is_valid AS is_document_valid,
               document.document_type, known.worker_id IN ({_LISTED}) AS is_on_list,
               known.worker_id IN ({NEWCOMERS}) AS is_newcomer, known.worker_id IN ({DISPATCHED}) AS is_dispatched,
               CASE WHEN said.name = '' OR length(said.name) > 50 OR said.name ~ %(name_suspicious)s
                    THEN {NAME_PROBLEM} END AS name_problem,
               statutory_retirement_on(said.born_on, CASE
                   WHEN said.gender = 'male' THEN 'male'
                   WHEN said.job_category IN ('management', 'technical') THEN 'female_55'
                   ELSE 'female_50' END) AS earliest_retires_on,
               statutory_retirement_on(said.born_on, CASE
                   WHEN said.gender = 'male' THEN 'male'
                   WHEN said.job_category = 'worker' THEN 'female_50'
                   ELSE 'female_55' END) AS retires_on
        FROM (
            SELECT worker_id, entry_id, min(id) AS member_id FROM enrolment_applicationmember
            WHERE application_id = %(application)s AND removed_at IS NULL{_ALIKE.format(worker="worker_id") if only_one else ""}
            GROUP BY worker_id, entry_id
        ) AS known
        JOIN roster_rosterentry AS entry ON entry.id = known.entry_id
        JOIN roster_workerdocument AS document ON document.id = entry.document_id
        {on_roster if refreshes else listed}
        CROSS JOIN application_facts AS list
        ) AS retiring
    """


# Cover of these people, through whomever.
COVERS = """
    SELECT held.id, held.worker_id, held.plan_id, held.plan_version_id, held.employer_id, held.share_count, held.coverage_start,
           held.coverage_end, held.name
    FROM (SELECT DISTINCT worker_id FROM checked_person) AS known
    JOIN cover_cover AS held ON held.worker_id = known.worker_id
"""

# Of everybody with cover in the chain of a plan asked for: all ends, and the latest of the own.
CHAIN_ENDS = f"""
    SELECT held.worker_id, chain.plan_version_id, array_agg(held.coverage_end) AS ends,
           max(held.coverage_end) FILTER (WHERE held.employer_id = list.employer_id) AS own_end
    FROM application_facts AS list
    JOIN enrolment_applicationplan AS plan ON plan.application_id = list.application_id
    JOIN ({CHAINS}) AS chain ON chain.plan_version_id = plan.plan_version_id
    JOIN checked_cover AS held ON held.plan_id = ANY (chain.plan_ids)
    GROUP BY held.worker_id, chain.plan_version_id
"""

# Everybody's planned period and class (rulebook §4) as if the money came today, from the ends gathered before.
_OWN = (
    "LEFT JOIN checked_end AS own ON own.worker_id = source.worker_id AND own.plan_version_id = source.plan_version_id"
)
_PAST = """
    CROSS JOIN LATERAL (
        SELECT CASE WHEN own.ends IS NOT NULL THEN (
            SELECT max(each.day) FROM unnest(own.ends) AS each (day) WHERE each.day <= begun.coverage_start) END AS previous_end
        OFFSET 0
    ) AS past
"""

# What stands on the row of the list, beside what it comes to now.
_TOLD = (
    *(
        "planned_start",
        "planned_end",
        "planned_class",
        "previous_end",
        "is_on_list",
        "is_over_age",
        "is_category_needed",
    ),
    *("number_masked", *SAID, "share_count", "contribution_amount"),
)
_MEMBER = f"""
    SELECT member.id AS member_id, member.application_plan_id, member.worker_id, member.entry_id, plan.plan_version_id,
           plan.reference_on, plan.common_end, plan.share_count AS asked_count, list.employer_id, %(today)s::date AS arrival_on,
           {", ".join(f"member.{name} AS told_{name}" for name in _TOLD)}
    FROM enrolment_applicationmember AS member
    JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
    CROSS JOIN application_facts AS list
    WHERE member.application_id = %(application)s AND member.removed_at IS NULL
"""

# Who is on the policy that an application adds people to (增员), found by the policy's index; for other applications nobody.
_ON_POLICY = """
    SELECT on_it.worker_id FROM cover_cover AS on_it
    WHERE on_it.policy_id = (SELECT endorsed_policy_id FROM application_facts)
"""

_OF_PERSON = (
    *(
        "employer_id",
        "number_masked",
        "name",
        "gender",
        "born_on",
        "mobile",
        "job_category",
        "employment_form",
        "status",
    ),
    *("is_document_valid", "document_type", "is_on_list", "is_newcomer", "is_dispatched", "name_problem"),
    *("earliest_retires_on", "retires_on", "limit_on"),
)
_OF_PLAN = (
    *("plan_id", "max_shares", "max_age", "exclusive_group"),
    *("waiting_days_first", "waiting_days_lapsed", "waiting_days_renewal"),
)


def members_sql(*, refreshes: bool, only_one: bool = False) -> str:
    """
    This function will give everybody in every plan, with the period planned and what the age on its first day leads to.

    A person is over age from the statutory date, whatever the papers too old 36 months later or past the plan's last age; of a
    woman without job category two dates are known, and the later one decides until the category is told (facts §3).

    `is_stale` tells whose row on the list says something else by now. Shares are those of the plan unless it leaves them to each
    person. OFFSET 0 has dates worked out once and not wherever they are looked at.
    """
    members = _MEMBER + (_ALIKE.format(worker="member.worker_id") if only_one else "")
    timed = period_sql(members, own=_OWN, past=_PAST)
    share_count, amount = "timed.told_share_count", "timed.told_contribution_amount"
    if refreshes:
        share_count = "CASE WHEN version.uniform_shares THEN timed.asked_count ELSE timed.told_share_count END"
        amount = f"({share_count}) * version.contribution_amount"
    mid_term = contribution_sql(
        f"({share_count}) * version.contribution_amount",
        start="timed.coverage_start",
        end="timed.coverage_end",
        term_months="version.term_months",
    )
    amount = f"CASE WHEN timed.common_end IS NULL THEN {amount} ELSE {mid_term} END"
    planned = ["coverage_start", "coverage_end", "cover_class", "previous_end", "is_on_list"]
    said = [*(f"said_{name}" for name in ("number_masked", *SAID)), "share_count", "contribution_amount"]
    over_age = "(coverage_start >= retires_on AND coverage_start < least(limit_on, too_old_on))"
    category_needed = "(coverage_start >= earliest_retires_on AND coverage_start < least(retires_on, too_old_on))"
    checked = [*(f"aged.{name}" for name in planned), over_age, category_needed]
    now = [*checked, *(f"aged.{name}" for name in said)]
    told = [f"aged.told_{name}" for name in _TOLD]
    compared = len(told) if refreshes else len(checked)
    return f"""
        SELECT {", ".join(f"aged.{name}" for name in _OF_MEMBER)}, {", ".join(f"aged.{name}" for name in (*_OF_PERSON, *_OF_PLAN))},
               aged.plan_gender, aged.least_age, aged.old_enough_on, aged.too_old_on,
               ({", ".join(now[:compared])}) IS DISTINCT FROM ({", ".join(told[:compared])}) AS is_stale,
               aged.worker_id IN ({_ON_POLICY}) AS is_on_policy,
               coverage_start >= least(limit_on, too_old_on) AS is_over_max_age,
               {over_age} AS is_over_age, {category_needed} AS is_category_needed
        FROM (
            SELECT timed.*, {", ".join(f"person.{field}" for field in _OF_PERSON[1:])},
                   {", ".join(f"person.{name} AS said_{name}" for name in ("number_masked", *SAID))},
                   {", ".join(f"version.{field}" for field in _OF_PLAN)}, version.gender AS plan_gender,
                   {share_count} AS share_count, {amount} AS contribution_amount, greatest(16, version.min_age) AS least_age,
                   (person.born_on + make_interval(years => greatest(16, version.min_age)))::date AS old_enough_on,
                   (person.born_on + make_interval(years => version.max_age + 1))::date AS too_old_on
            FROM ({timed} OFFSET 0) AS timed
            JOIN plans_planversion AS version ON version.id = timed.plan_version_id
            JOIN checked_person AS person ON person.worker_id = timed.worker_id AND person.entry_id = timed.entry_id
            OFFSET 0
        ) AS aged
    """


_OF_MEMBER = (
    *("member_id", "application_plan_id", "worker_id", "entry_id", "plan_version_id", "reference_on", "share_count"),
    *("contribution_amount", "coverage_start", "coverage_end", "cover_class", "previous_end", "grace_days"),
)

# Cover that stands in the way: most shares of the plan on any day of the planned period, and until when; the latest end of another
# plan of the exclusive group.
_HELD = """
    SELECT member_id, max(until) AS until, max(shares)::int AS shares
    FROM (
        SELECT member.member_id, other.coverage_end AS until, sum(same_day.share_count) AS shares
        FROM checked_member AS member
        JOIN checked_cover AS other ON other.worker_id = member.worker_id AND other.plan_id = member.plan_id
         AND other.coverage_end > member.coverage_start AND other.coverage_start < member.coverage_end
        JOIN checked_cover AS same_day ON same_day.worker_id = member.worker_id AND same_day.plan_id = member.plan_id
         AND same_day.coverage_start <= greatest(other.coverage_start, member.coverage_start)
         AND same_day.coverage_end > greatest(other.coverage_start, member.coverage_start)
        GROUP BY member.member_id, other.id, other.coverage_end
    ) AS by_day
    GROUP BY member_id
"""
_RIVALS = """
    SELECT member.member_id, max(other.coverage_end) AS until
    FROM checked_member AS member
    JOIN plans_planversion AS mine ON mine.id = member.plan_version_id AND mine.exclusive_group <> ''
    JOIN checked_cover AS other ON other.worker_id = member.worker_id AND other.plan_id <> member.plan_id
     AND other.coverage_end > member.coverage_start AND other.coverage_start < member.coverage_end
    JOIN plans_planversion AS theirs ON theirs.id = other.plan_version_id AND theirs.exclusive_group = mine.exclusive_group
    GROUP BY member.member_id
"""

# People of one plan who are alike in everything but the number; few are alike at all.
_NAMESAKES = """
    SELECT member.member_id, count(*) OVER (
        PARTITION BY member.application_plan_id, alike.name, alike.born_on, alike.gender, alike.mobile) AS people
    FROM (
        SELECT name, born_on, gender, mobile, unnest(array_agg(worker_id)) AS worker_id FROM checked_person WHERE mobile <> ''
        GROUP BY name, born_on, gender, mobile HAVING count(*) > 1
    ) AS alike
    JOIN checked_member AS member ON member.worker_id = alike.worker_id
"""

# The end of an old policy nobody has bound that would join the planned cover without a gap.
_UNBOUND = f"""
    SELECT member.member_id, max(past.coverage_end) AS until
    FROM cover_pastpolicy AS past
    JOIN plans_planversion AS theirs ON theirs.id = past.plan_version_id
    JOIN cover_pastpolicymember AS listed ON listed.past_policy_id = past.id
    JOIN roster_workerdocument AS document ON document.fingerprint = listed.fingerprint
    JOIN checked_member AS member ON member.worker_id = document.worker_id
    JOIN ({CHAINS}) AS chain ON chain.plan_version_id = member.plan_version_id AND theirs.plan_id = ANY (chain.plan_ids)
    WHERE past.coverage_end <= member.coverage_start AND past.coverage_end + member.grace_days >= member.coverage_start
      AND NOT EXISTS (
          SELECT FROM cover_policybinding AS bound WHERE bound.past_policy_id = past.id AND bound.state = 'confirmed')
    GROUP BY member.member_id
"""

# What else is known of some of them, one row for each.
MEMBERS_NOTED = f"""
    SELECT member_id, max(held_shares) AS held_shares, max(held_until) AS held_until, max(rival_until) AS rival_until,
           max(namesakes) AS namesakes, max(unbound_end) AS unbound_end
    FROM (
        SELECT member_id, shares AS held_shares, until AS held_until, NULL::date AS rival_until, NULL::bigint AS namesakes,
               NULL::date AS unbound_end
        FROM ({_HELD}) AS held
        UNION ALL SELECT member_id, NULL, NULL, until, NULL, NULL FROM ({_RIVALS}) AS rival
        UNION ALL SELECT member_id, NULL, NULL, NULL, people, NULL FROM ({_NAMESAKES}) AS namesake
        UNION ALL SELECT member_id, NULL, NULL, NULL, NULL, until FROM ({_UNBOUND}) AS unbound
    ) AS noted
    GROUP BY member_id
"""

_OTHER_NAMES = """
    SELECT person.worker_id, person.entry_id, min(other.name) AS other_name
    FROM checked_person AS person
    JOIN checked_cover AS other ON other.worker_id = person.worker_id AND other.name <> person.name
    GROUP BY person.worker_id, person.entry_id
"""
_STATED_ELSEWHERE = """
    SELECT DISTINCT ON (person.worker_id, person.entry_id)
           person.worker_id, person.entry_id, other.gender AS other_gender, other.born_on AS other_born_on
    FROM checked_person AS person
    JOIN roster_rosterentry AS other ON other.worker_id = person.worker_id AND other.employer_id <> person.employer_id
     AND (other.gender, other.born_on) <> (person.gender, person.born_on)
    WHERE NOT EXISTS (SELECT FROM roster_rosterentry AS later WHERE later.worker_id = other.worker_id
                      AND later.employer_id = other.employer_id AND later.id > other.id)
    ORDER BY person.worker_id, person.entry_id, other.born_on, other.gender
"""
PEOPLE_NOTED = f"""
    SELECT worker_id, entry_id, named.other_name, stated.other_gender, stated.other_born_on
    FROM ({_OTHER_NAMES}) AS named FULL JOIN ({_STATED_ELSEWHERE}) AS stated USING (worker_id, entry_id)
"""

# Everything the rules look at about everybody in every plan.
PERSON_FACTS = """
    SELECT member.*, (SELECT list.lists FROM application_facts AS list) AS lists,
           member.coverage_start > %(today)s::date + %(most_days_ahead)s AS is_own_too_far_ahead,
           CASE WHEN member.reference_on IS NULL OR member.reference_on < %(today)s::date
                THEN member.previous_end + member.grace_days - 1
                WHEN member.reference_on <= member.previous_end + member.grace_days
                THEN greatest(member.reference_on, member.previous_end + member.grace_days - 1) END AS latest_safe_arrival,
           coalesce(noted.namesakes, 1) AS namesakes, noted.held_shares, noted.held_until, noted.rival_until, noted.unbound_end,
           elsewhere.other_name, elsewhere.other_gender, elsewhere.other_born_on
    FROM checked_member AS member
    LEFT JOIN member_noted AS noted ON noted.member_id = member.member_id
    LEFT JOIN person_noted AS elsewhere ON elsewhere.worker_id = member.worker_id AND elsewhere.entry_id = member.entry_id
"""

# A woman whose category is still unknown at submitting is taken for over age (rulebook §3, category_unknown).
_COUNTS_AS_OVER_AGE = "(here.is_over_age OR (here.is_category_needed AND %(is_final)s))"

# All their employment here has ended: neither on the list nor, if still covered, among those who take part.
_GONE = """
    SELECT spell.worker_id FROM roster_rosterentry AS spell
    WHERE spell.employer_id = (SELECT employer_id FROM application_facts)
    GROUP BY spell.worker_id HAVING bool_and(spell.left_on IS NOT NULL)
"""

# People of the same submission who went on by themselves (其余人员先行参保) and have no cover yet: they take part all the same.
_GONE_AHEAD = """
    SELECT count(DISTINCT gone.worker_id) AS people
    FROM enrolment_enrolmentapplication AS part
    JOIN enrolment_applicationplan AS own ON own.application_id = part.id AND own.plan_version_id = plan.plan_version_id
    JOIN enrolment_applicationmember AS gone ON gone.application_plan_id = own.id AND gone.removed_at IS NULL
    WHERE part.split_from_id = plan.application_id AND part.state IN ('first_review', 'second_review', 'awaiting_payment')
      AND NOT EXISTS (SELECT FROM enrolment_finding AS old WHERE old.member_id = gone.id AND old.code = 'over_age')
"""

# People of this employer with the plan on its planned start who are not on the list.
_COVERED_BESIDES = f"""
    SELECT plan.id AS application_plan_id, count(DISTINCT held.worker_id) AS people
    FROM application_facts AS application
    JOIN enrolment_applicationplan AS plan ON plan.application_id = application.application_id
    JOIN plans_planversion AS version ON version.id = plan.plan_version_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN plan.reference_on >= %(today)s THEN plan.reference_on ELSE %(tomorrow)s::date END AS planned_on
    ) AS begun
    JOIN cover_cover AS held ON held.employer_id = application.employer_id AND held.plan_id = version.plan_id
     AND held.coverage_start <= begun.planned_on AND held.coverage_end > begun.planned_on
    LEFT JOIN checked_member AS here ON here.application_plan_id = plan.id AND here.worker_id = held.worker_id
    WHERE here.member_id IS NULL AND held.worker_id NOT IN ({_GONE})
    GROUP BY plan.id
"""

# Joined: people of this employer with this plan on the planned start, this application included. Over-age people count neither
# among them nor in the base (rulebook §3, participation_floor), whoever has left neither.
# It reads `application_facts` and, of `checked_member`, whom the check took for over age.
PLAN_FACTS = f"""
    SELECT counted.*,
           CASE WHEN counted.base < counted.all_must_join_below THEN counted.base
                ELSE greatest(counted.min_headcount, ceil(counted.min_participation_ratio * counted.base)::int) END AS needed
    FROM (
        SELECT plan.id AS application_plan_id, version.min_participation_ratio, version.min_headcount,
               version.all_must_join_below, application.list_ids IS NOT NULL AS is_from_list, application.lists,
               version.participation_base = 'in_service_women' AS is_women,
               greatest(0, CASE
                   WHEN application.list_ids IS NOT NULL AND version.participation_base = 'in_service_women'
                       THEN application.list_women - enrolled.over_age_listed
                   WHEN application.list_ids IS NOT NULL THEN application.list_people - enrolled.over_age_listed
                   WHEN version.participation_base = 'in_service_women' THEN application.women_headcount - enrolled.over_age
                   ELSE application.headcount - enrolled.over_age END)::int AS base,
               (enrolled.people - enrolled.over_age + coalesce(besides.people, 0) + ahead.people)::int AS joined
        FROM enrolment_applicationplan AS plan
        JOIN plans_planversion AS version ON version.id = plan.plan_version_id
        CROSS JOIN application_facts AS application
        JOIN (
            SELECT here.application_plan_id, count(*) AS people, count(*) FILTER (WHERE {_COUNTS_AS_OVER_AGE}) AS over_age,
                   count(*) FILTER (WHERE {_COUNTS_AS_OVER_AGE} AND here.is_on_list) AS over_age_listed
            FROM checked_member AS here GROUP BY here.application_plan_id
        ) AS enrolled ON enrolled.application_plan_id = plan.id
        LEFT JOIN ({_COVERED_BESIDES}) AS besides ON besides.application_plan_id = plan.id
        CROSS JOIN LATERAL ({_GONE_AHEAD}) AS ahead
        WHERE plan.application_id = %(application)s
    ) AS counted
"""
