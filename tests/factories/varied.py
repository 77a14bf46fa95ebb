"""A list of people of whom each meets another rule, as an employer of a thousand has them all at once."""

from __future__ import annotations

import datetime as dt

from huzhu.cover.models import PastPolicy, PastPolicyMember
from huzhu.enrolment import operations as enrolment
from tests.factories import enrolment as make
from tests.factories import plans

CHOICES = [("HOSP25", 1), ("CI25-A", 1)]
NOT_ENROLLED = 40  # people on the list besides: the floor is not met

# What people of the list meet, without the classes of cover and what only the application meets.
PROOFS_AND_HINTS = {
    "over_age", "category_unknown", "not_on_insurance_list", "name_differs", "birth_or_gender_differs", "gap_risk",
    "bound_policy_found",
}  # fmt: skip
BLOCKS = {
    "id_invalid", "name_invalid", "duplicate_in_list", "not_yet_working_age", "over_max_age", "already_covered",
    "exclusive_plan", "not_in_service",
}  # fmt: skip


def application(*, blocks: bool = False, references: dt.date | None = None, plain: int = 4) -> make.Case:
    """
    A draft of such people in two plans. Without `blocks` it can be submitted once its proofs are there (`prove`).

    :param plain: so many people of whom there is nothing to say
    """
    employer, other = make.an_employer(), make.an_employer(name="另一家单位")
    entries = [*_faultless_and_hints(employer, other, plain), *(_blocked(employer, other) if blocks else [])]
    unlisted = make.people(employer, 2, employment_form="dispatched")
    make.insurance_list(employer, entries + make.people(employer, NOT_ENROLLED))
    entries += unlisted
    case = make.application(employer=employer, entries=entries, choices=CHOICES, has_list=False, references=references)
    if blocks:  # after the list was made
        entries[-3].status, entries[-3].left_on = "retired", make.TODAY
        entries[-3].save(update_fields=["status", "left_on"])
        enrolment.run_precheck(application_id=case.id, by=make.handler(employer), at=make.NOON)
    return case


def _faultless_and_hints(employer, other, plain: int) -> list:
    hospital, illness = plans.version("HOSP25"), plans.version("CI25-A")
    renamed, born_otherwise, renews, lapsed, bound, moved = make.people(employer, 6)
    make.cover_of(make.also_at(renamed, other), illness, start=dt.date(2020, 8, 1), name="欧阳别名")
    make.also_at(born_otherwise, other, born_on=dt.date(1991, 1, 1))
    make.cover_of(renews, hospital, start=dt.date(2024, 8, 12), end=make.TOMORROW)
    make.cover_of(lapsed, hospital, start=dt.date(2022, 1, 1))
    make.cover_of(make.also_at(moved, other), hospital, start=dt.date(2024, 8, 12))
    past = PastPolicy.objects.create(
        number=f"ZY{bound.pk}", plan_version=hospital, holder_name="另一家单位", holder_credit_code="",
        coverage_start=dt.date(2024, 8, 12), coverage_end=make.TOMORROW, recorded_at=make.NOON,
    )  # fmt: skip
    PastPolicyMember.objects.create(
        past_policy=past, name=bound.name, fingerprint=bound.document.fingerprint,
        number_masked=bound.document.number_masked, share_count=1,
    )  # fmt: skip
    old = make.people(employer, born_on=dt.date(1964, 6, 1))
    unknown = make.people(employer, gender="female", born_on=dt.date(1974, 1, 1), job_category="")
    return [*make.people(employer, plain), renamed, born_otherwise, renews, lapsed, bound, moved, *old, *unknown]


def _blocked(employer, other) -> list:
    covered, rival = make.people(employer, 2)
    make.cover_of(make.also_at(covered, other), plans.version("HOSP25"), start=dt.date(2025, 8, 1))
    make.cover_of(make.also_at(rival, other), plans.version("CI25-B"), start=dt.date(2025, 8, 1))
    return [
        covered,
        rival,
        *make.people(employer, is_valid=False),
        *make.people(employer, name="王2"),
        *make.people(employer, 2, name="李双", mobile="13766660000"),
        *make.people(employer, born_on=dt.date(2010, 1, 1)),
        *make.people(employer, born_on=dt.date(1950, 1, 1)),
        *make.people(employer),
    ]


def prove(case: make.Case) -> make.Case:
    """Put a file into every slot that needs one, also into those that submitting itself will open."""
    by = make.handler(case.employer)
    for kind in ("in_service_certificate", "dispatch_proof", "participation_note"):
        file = make.stored_file(case.employer, kind="proof")
        enrolment.add_proof_file(application_id=case.id, kind=kind, file_id=file.pk, by=by, at=make.NOON)
    return case
