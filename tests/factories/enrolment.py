"""People by the hundred, applications in every state (made by calling operations), and those who handle them."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from huzhu.accounts.models import Branch
from huzhu.cover.models import Cover
from huzhu.documents.models import StoredFile
from huzhu.employers.models import Employer
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.gifts.models import GiftCampaign
from huzhu.plans.models import PlanVersion
from huzhu.roster.models import InsuranceRoster, InsuranceRosterLine, RosterEntry, Worker, WorkerDocument
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import SHANGHAI, add_months
from huzhu.work import operations as work
from tests.factories import employers, plans
from tests.factories.accounts import ALWAYS, BranchFactory

NOON = dt.datetime(2025, 8, 11, 12, tzinfo=SHANGHAI)
TODAY = NOON.date()
TOMORROW = TODAY + dt.timedelta(days=1)

_serials = itertools.count(1)


def province() -> Branch:
    """The root of the tree of branches."""
    found = Branch.objects.filter(code="P-ENR").first()
    return found or BranchFactory(code="P-ENR", name="省本级")


def city() -> Branch:
    """A branch below the province."""
    found = Branch.objects.filter(code="C-ENR").first()
    return found or BranchFactory(parent=province(), level="city", code="C-ENR", name="佛山代办处")


def an_employer(**fields: Any) -> Employer:
    """An employer of the city's branch, small enough that its floor is met by the people a test enrols."""
    return employers.EmployerFactory(**{"branch": city(), "headcount": 1, "women_headcount": 0} | fields)


def handler(employer: Employer, *, person: str = "13800000001", roles: tuple[str, ...] = ("handler",)) -> Actor:
    """Somebody of the employer's account."""
    return Actor(
        user_id=int(person[-4:]),
        name=f"经办{person[-2:]}",
        person=person,
        side=Side.EMPLOYER,
        roles=frozenset(roles),
        employer_id=employer.pk,
        proven_at=ALWAYS,
    )


def registrar(*, person: str = "13900000011", branch: Branch | None = None) -> Actor:
    """A registrar of the city's branch unless another is named."""
    return _staff(person, "registrar", branch or city())


def reviewer(*, person: str = "13900000012", branch: Branch | None = None) -> Actor:
    """A reviewer of the province."""
    return _staff(person, "reviewer", branch or province())


def cashier(*, person: str = "13900000013") -> Actor:
    """A cashier of the province."""
    return _staff(person, "cashier", province())


def _staff(person: str, role: str, branch: Branch) -> Actor:
    return Actor(
        user_id=9000 + int(person[-3:]),
        name=f"员工{person[-2:]}",
        person=person,
        side=Side.OFFICE,
        roles=frozenset({role}),
        branch_path=branch.path,
        proven_at=ALWAYS,
    )


def people(
    employer: Employer,
    count: int = 1,
    *,
    gender: str = "male",
    born_on: dt.date = dt.date(1990, 3, 4),
    is_valid: bool = True,
    **fields: Any,
) -> list[RosterEntry]:
    """People in service on an employer's roster; four inserts however many."""
    workers = Worker.objects.bulk_create(
        [Worker(gender=gender, born_on=born_on, first_seen_at=NOON) for _ in range(count)]
    )
    papers = WorkerDocument.objects.bulk_create(
        [
            WorkerDocument(
                worker=worker,
                document_type="resident_id",
                fingerprint=uuid.uuid4(),
                seal_id=uuid.uuid4(),
                number_sealed=b"sealed",
                number_masked=f"4401**********{worker.pk % 100:02}{2 if gender == 'female' else 1}{worker.pk // 100 % 10}",
                is_valid=is_valid,
                first_seen_at=NOON,
            )
            for worker in workers
        ]
    )
    return RosterEntry.objects.bulk_create(
        [_entry(employer, worker, paper, **fields) for worker, paper in zip(workers, papers, strict=True)]
    )


def _entry(employer: Employer, worker: Worker, paper: WorkerDocument, **fields: Any) -> RosterEntry:
    serial = next(_serials)
    return RosterEntry(
        employer=employer,
        worker=worker,
        document=paper,
        **{
            "gender": worker.gender,
            "born_on": worker.born_on,
            "name": f"陈{'一二三四五六七八九十'[serial % 10]}{'东南西北中'[serial % 5]}",
            "name_initials": f"c{'yeesslqbjs'[serial % 10]}{'dnxbz'[serial % 5]}",
            "mobile": f"137{serial:08}",
            "job_category": "worker",
            "employment_form": "contract",
            "department": "生产部",
            "joined_on": dt.date(2020, 1, 1),
            "changed_at": NOON,
        }
        | fields,
    )


def also_at(entry: RosterEntry, employer: Employer, **fields: Any) -> RosterEntry:
    """The same person on another employer's roster."""
    other = _entry(employer, entry.worker, entry.document, **{"name": entry.name} | fields)
    other.save()
    return other


def cover_of(
    entry: RosterEntry,
    version: PlanVersion,
    *,
    start: dt.date,
    end: dt.date | None = None,
    shares: int = 1,
    name: str | None = None,
) -> Cover:
    """Cover of the old system, through the entry's employer."""
    return Cover.objects.create(
        worker=entry.worker,
        plan=version.plan,
        plan_version=version,
        employer=entry.employer,
        name=name or entry.name,
        name_initials=entry.name_initials,
        number_masked=entry.document.number_masked,
        share_count=shares,
        contribution_amount=version.contribution_amount * shares,
        coverage_start=start,
        coverage_end=end or add_months(start, version.term_months),
        cover_class="first",
        full_from=start,
        added_full_from=start,
        created_at=NOON,
    )


def insurance_list(
    employer: Employer,
    entries: list[RosterEntry],
    *,
    month: dt.date | None = None,
    kind: str = "social",
    at: dt.datetime = NOON,
) -> InsuranceRoster:
    """The month's 社保 list, or one of another kind, with these people."""
    roster = InsuranceRoster.objects.create(
        employer=employer,
        kind=kind,
        month=month or TODAY.replace(day=1),
        uploaded_at=at,
        rows=len(entries),
        women=sum(entry.gender == "female" for entry in entries),
    )
    InsuranceRosterLine.objects.bulk_create(
        [
            InsuranceRosterLine(
                roster=roster,
                row=row,
                fingerprint=entry.document.fingerprint,
                number_masked=entry.document.number_masked,
                name=entry.name,
            )
            for row, entry in enumerate(entries, 1)
        ]
    )
    return roster


def stored_file(employer: Employer, *, kind: str = "sealed_application_form") -> StoredFile:
    """A file that somebody of the employer uploaded; its bytes do not matter here."""
    return StoredFile.objects.create(
        kind=kind,
        employer_id=employer.pk,
        name="盖章.jpg",
        stored_as=uuid.uuid4().hex,
        media_type="image/jpeg",
        size=1,
        sha256="0" * 64,
        uploaded_at=NOON,
    )


@dataclass
class Case:
    """An application on its way, with the people who handle it."""

    application: EnrolmentApplication
    employer: Employer
    entries: list[RosterEntry]
    versions: list[PlanVersion]

    @property
    def id(self) -> int:
        return self.application.pk

    def refresh(self) -> EnrolmentApplication:
        self.application = EnrolmentApplication.objects.get(pk=self.id)
        return self.application

    def codes(self) -> dict[str, int]:
        """Findings by code, without those that only tell the class."""
        found = self.application.findings.exclude(severity="info").values_list("code", flat=True)
        return {code: list(found).count(code) for code in found}


STATES = ["draft", "awaiting_form", "first_review", "second_review", "awaiting_payment"]


def application(
    state: str = "draft",
    *,
    people_count: int = 2,
    employer: Employer | None = None,
    entries: list[RosterEntry] | None = None,
    choices: list[tuple[str, int]] | None = None,
    has_list: bool = True,
    references: dt.date | None = None,
    at: dt.datetime = NOON,
    gifts: Sequence[GiftCampaign] = (),
) -> Case:
    """An application that went the declared way to `state`: everybody of the roster in the chosen plans."""
    employer = employer or an_employer()
    entries = people(employer, people_count) if entries is None else entries
    choices = [("HOSP25", 1)] if choices is None else choices
    versions = [plans.version(code) for code, _ in choices]
    shares = [count for _, count in choices]
    by = handler(employer)
    if has_list:
        insurance_list(employer, entries)
    draft = enrolment.create_draft(employer_id=employer.pk, by=by, at=at)
    case = Case(application=draft, employer=employer, entries=entries, versions=versions)
    enrolment.set_plans(
        application_id=draft.pk,
        choices=[(version.pk, count) for version, count in zip(versions, shares, strict=True)],
        campaign_ids=[campaign.pk for campaign in gifts],
        by=by,
        at=at,
    )
    enrolment.add_from_roster(application_id=draft.pk, entry_ids=[entry.pk for entry in entries], by=by, at=at)
    if references:
        dates = {plan.pk: references for plan in draft.plans.all()}
        enrolment.set_reference_dates(application_id=draft.pk, dates=dates, by=by, at=at)
    else:
        enrolment.run_precheck(application_id=draft.pk, by=by, at=at)
    advance(case, state, at=at)
    return case


def advance(case: Case, state: str, *, at: dt.datetime = NOON) -> Case:
    """Take an application the declared way from where it is to `state`."""
    by, name = handler(case.employer), case.refresh().state
    for step in STATES[STATES.index(name) + 1 : STATES.index(state) + 1]:
        match step:
            case "awaiting_form":
                enrolment.submit(application_id=case.id, by=by, at=at)
            case "first_review":
                file = stored_file(case.employer)
                enrolment.send_form(application_id=case.id, file_id=file.pk, by=by, at=at)
            case "second_review":
                enrolment.approve_first(application_id=case.id, by=registrar(), at=at)
            case "awaiting_payment":
                enrolment.approve_second(application_id=case.id, by=reviewer(), at=at)
    case.refresh()
    return case


def claim(case: Case, *, by: Actor, at: dt.datetime = NOON) -> None:
    """认领 by a reviewer, in the review the application is in."""
    work.claim(kind=f"{case.refresh().state}s", record_id=case.id, by=by, at=at)


def hand_back(case: Case, *, by: Actor, at: dt.datetime = NOON) -> None:
    """退还."""
    work.hand_back(kind=f"{case.refresh().state}s", record_id=case.id, by=by, at=at)


def money(text: str) -> Decimal:
    """An amount in yuan."""
    return Decimal(text)
