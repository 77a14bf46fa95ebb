"""One employer's story, told by its own people and the association's staff, step by step along the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from huzhu.accounts import operations as accounts
from huzhu.accounts.models import Branch, User
from huzhu.accounts.roles import EmployerRole
from huzhu.demo import files, office, rosters
from huzhu.demo.employers import Stage, Story
from huzhu.demo.people import PASSWORD
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind, StoredFile
from huzhu.employers.operations import registering
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.renew_policies import renew_policies
from huzhu.plans.models import PlanVersion
from huzhu.policies.models import Policy
from huzhu.receipts import operations as receipts
from huzhu.roster import operations as roster
from huzhu.roster.models import EmploymentStatus, InsuranceRosterKind, RosterEntry
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import SHANGHAI, local_date

_S = EmploymentStatus
COVERED = frozenset({Stage.EFFECTIVE, Stage.ENDING, Stage.RECEIPT_REQUESTED, Stage.RECEIPT_ISSUED, Stage.RENEWING})
DAYS_AGO = {Stage.RENEWING: 357, Stage.ENDING: 341, Stage.EXPIRED: 70, Stage.CANCELLED: 30, Stage.RETURNED: 5}
APPROVED = COVERED | {Stage.AWAITING_PAYMENT, Stage.CANCELLED, Stage.EXPIRED}
SUBMITTED = APPROVED | {Stage.FIRST_REVIEW, Stage.SECOND_REVIEW, Stage.RETURNED}
PROVED = SUBMITTED | {Stage.AWAITING_FORM}


class Teller:
    """Tells one story up to its stage. Each act happens a little later than the one before."""

    def __init__(self, story: Story, *, now: datetime) -> None:
        self.story, self.now = story, now
        self.seed = story.place
        days = DAYS_AGO.get(story.stage, 20 if story.stage in COVERED else 6 + self.seed % 5)
        morning = datetime.combine(local_date(now) - timedelta(days=days), time(9), tzinfo=SHANGHAI)
        self.clock = morning + timedelta(minutes=7 * self.seed)
        self.actor: Actor
        self.employer_id: int
        self.application: EnrolmentApplication | None = None

    @property
    def pays(self) -> bool:
        """Whether money comes for this employer's slip."""
        return self.story.stage in COVERED

    @property
    def arrival(self) -> tuple[int, datetime]:
        """The application and when its money comes: two days after the slip."""
        return self._id, self.clock + timedelta(days=2)

    def register(self) -> None:
        """Registration, approval, first password: long before the rest."""
        story = self.story
        at = datetime.combine(local_date(self.now) - timedelta(days=430 - self.seed), time(10), tzinfo=SHANGHAI)
        applicant = Actor(user_id=None, name=story.handler, person=story.mobile, side=Side.PUBLIC)
        certificate = documents.store_upload(
            upload=files.photo("统一社会信用代码证.jpg"),
            kind=FileKind.CREDIT_CERTIFICATE,
            employer_id=None,
            by=applicant,
            at=at,
        )
        people = rosters.get_people(
            seed=self.seed, size=story.size, day=local_date(self.now), near_retirement=self._old
        )
        leader = rosters.get_people(seed=5000 + self.seed, size=1, day=local_date(self.now))[0]
        entry = registering.Entry(
            credit_code=story.credit_code,
            name=story.name,
            kind=story.kind,
            branch_id=Branch.objects.get(code=story.branch_code).pk,
            legal_representative=leader.name,
            legal_document_type="resident_id",
            legal_document=leader.number,
            address=f"广东省{story.name[:2]}市示范路{self.seed}号",
            handler_name=story.handler,
            headcount=story.size or 36,
            women_headcount=sum(one.is_female for one in people) if people else 15,
            certificate_id=certificate.pk,
        )
        registration = registering.register(entry=entry, by=applicant, at=at)
        employer = registering.approve_registration(
            registration_id=registration.pk,
            round=registration.round,
            by=office.get_actor("shouli"),
            at=at + timedelta(hours=5),
        )
        self.employer_id = employer.pk
        user = User.objects.get(login_name=story.mobile)
        self.actor = Actor(
            user_id=user.pk,
            name=user.name,
            person=user.mobile,
            side=Side.EMPLOYER,
            roles=frozenset(EmployerRole.values),
            employer_id=employer.pk,
            proven_at=at + timedelta(days=9999),  # the demo's people show their factor before every act
        )
        accounts.set_password(user_id=user.pk, password=PASSWORD, by=self.actor, at=at + timedelta(hours=6))
        self.people = people

    @property
    def _old(self) -> int:
        """Some rosters hold people past their retirement date, for whom a certificate is asked."""
        return 2 if self.story.stage in {Stage.DRAFT, Stage.FIRST_REVIEW, Stage.SECOND_REVIEW} else 0

    def _later(self, **how_long: int) -> datetime:
        self.clock += timedelta(**how_long)
        return self.clock

    def tell(self) -> None:
        """The story up to the approved slip, or to where it stops before."""
        stage = self.story.stage
        if stage == Stage.REGISTERED:
            return
        self.keep_roster()
        if stage == Stage.ROSTER:
            return
        self.draft()
        if stage in PROVED:
            self.prove()
            self.submit()
        if stage in SUBMITTED:
            self.send_form(self.store_form())
        match stage:
            case Stage.DELETED:
                enrolment.delete(application_id=self._id, by=self.actor, at=self._later(hours=1), reason="填报有误")
            case Stage.RETURNED:
                self._return()
            case Stage.SECOND_REVIEW:
                self.approve_first()
            case _ if stage in APPROVED:
                self.approve_first()
                self.approve_second()
        if stage == Stage.CANCELLED:
            office.cancel(self.application, by=self.actor, at=self._later(days=2))

    @property
    def _id(self) -> int:
        assert self.application is not None
        return self.application.pk

    def keep_roster(self) -> None:
        """The roster and the month's insurance list, as files."""
        roster.import_roster(
            employer_id=self.employer_id,
            content=rosters.roster_csv(self.people),
            file_name=f"{self.story.name}职工名册.csv",
            by=self.actor,
            at=self.clock,
        )
        roster.import_insurance_roster(
            employer_id=self.employer_id,
            kind=InsuranceRosterKind.SOCIAL,
            month=local_date(self.clock),
            content=rosters.insurance_csv(self.people),
            file_name="社保参保人员名单.csv",
            by=self.actor,
            at=self._later(minutes=9),
        )

    def draft(self, *, plans: Sequence[tuple[str, int]] | None = None, gifts: Sequence[int] = ()) -> None:
        """A new application for everybody, checked; with the story's plans unless others are named."""
        self.application = enrolment.create_draft(
            employer_id=self.employer_id, by=self.actor, at=self._later(minutes=10)
        )
        versions = {version.plan.code: version.pk for version in PlanVersion.objects.select_related("plan")}
        enrolment.set_plans(
            application_id=self._id,
            choices=[(versions[code], shares) for code, shares in (self.story.plans if plans is None else plans)],
            campaign_ids=gifts,
            by=self.actor,
            at=self._later(minutes=3),
        )
        enrolment.add_from_roster(application_id=self._id, by=self.actor, at=self._later(minutes=2))
        enrolment.run_precheck(application_id=self._id, by=self.actor, at=self._later(minutes=1))
        enrolment.set_wizard_step(application_id=self._id, step="members", by=self.actor)

    def enrol_with_gifts(
        self, *, plans: Sequence[tuple[str, int]], gifts: Sequence[int], at: datetime, until: Stage
    ) -> None:
        """Another application, with gifts or subsidies: to the second approval, or to the draft."""
        self.clock = at
        self.keep_roster()
        self.draft(plans=plans, gifts=gifts)
        if until == Stage.DRAFT:
            return
        self.prove()
        self.submit()
        self.send_form(self.store_form())
        self.approve_first()
        self.approve_second()

    def prove(self) -> None:
        """One photo into every proof slot."""
        assert self.application is not None
        for slot in self.application.proof_slots.filter(is_needed=True):
            file = documents.store_upload(
                upload=files.photo(f"{slot.get_kind_display()}.jpg"),
                kind=FileKind.PROOF,
                employer_id=self.employer_id,
                by=self.actor,
                at=self._later(minutes=4),
            )
            enrolment.add_proof_file(
                application_id=self._id, kind=slot.kind, file_id=file.pk, by=self.actor, at=self._later(minutes=1)
            )

    def submit(self) -> None:
        """Submitted; the form is to be printed."""
        enrolment.submit(application_id=self._id, by=self.actor, at=self._later(minutes=5))

    def store_form(self) -> StoredFile:
        """The photo of the stamped form."""
        return documents.store_upload(
            upload=files.photo("盖章参保申请书.jpg"),
            kind=FileKind.SEALED_APPLICATION_FORM,
            employer_id=self.employer_id,
            by=self.actor,
            at=self._later(hours=2),
        )

    def send_form(self, form: StoredFile) -> None:
        """The form goes back to the association."""
        enrolment.send_form(application_id=self._id, file_id=form.pk, by=self.actor, at=self._later(minutes=1))

    def _return(self) -> None:
        """For some people only, so that the others may go on by themselves."""
        people = ApplicationMember.objects.filter(application=self._id).order_by("worker_id")
        marked = sorted(set(people.values_list("worker_id", flat=True)))[:3]
        enrolment.return_for_correction(
            application_id=self._id,
            reason_codes=["people_wrong"],
            reason="标出的人员岗位类别与社保名单不符，请核对更正；其余人员没有问题。",
            member_ids=list(people.filter(worker_id__in=marked).values_list("pk", flat=True)),
            by=office.get_actor("shouli"),
            at=self._later(hours=23),
        )

    def approve_first(self) -> None:
        """初审."""
        enrolment.approve_first(application_id=self._id, by=office.get_actor("shouli"), at=self._later(hours=23))

    def approve_second(self) -> None:
        """复审, which makes the slip."""
        approve_enrolment(application_id=self._id, by=office.get_actor("fuhe"), at=self._later(hours=4))

    def tell_after_payment(self) -> None:
        """What follows the money: receipts, and a new application where the cover is about to end."""
        stage = self.story.stage
        if stage in {Stage.RECEIPT_REQUESTED, Stage.RECEIPT_ISSUED}:
            self._ask_for_receipt()
        if stage == Stage.EXPIRED:
            office.expire_what_is_late(at=self.now - timedelta(days=35))
        if stage == Stage.RENEWING:
            self.clock = datetime.combine(local_date(self.now) - timedelta(days=3), time(9, 30), tzinfo=SHANGHAI)
            self._renew()
        if self.application is not None:
            self.application.refresh_from_db()
            assert (stage not in COVERED - {Stage.RENEWING}) or self.application.state == State.EFFECTIVE

    def _renew(self) -> None:
        """People have left and come since; one click makes the draft."""
        in_service = RosterEntry.objects.filter(employer_id=self.employer_id, status=EmploymentStatus.IN_SERVICE)
        for entry, status in zip(in_service.order_by("pk")[:3], (_S.LEFT, _S.LEFT, _S.RETIRED), strict=True):
            roster.end_employment(
                entry_id=entry.pk, status=status, on=local_date(self.clock), by=self.actor, at=self._later(minutes=2)
            )
        self.people = self.people[3:] + rosters.get_people(seed=7000 + self.seed, size=4, day=local_date(self.now))
        self.keep_roster()
        policy = Policy.objects.filter(application_id=self._id).order_by("plan_id")[0]
        renewed = renew_policies(policy_id=policy.pk, chosen={}, by=self.actor, at=self._later(minutes=20))
        self.application = renewed.application

    def _ask_for_receipt(self) -> None:
        policies = list(Policy.objects.filter(application_id=self._id))
        at = datetime.combine(local_date(self.now) - timedelta(days=2), time(15), tzinfo=SHANGHAI)
        for policy in policies:
            office.confirm_policy(policy, by=self.actor, at=at)
        request = receipts.request_receipt(
            policy_ids=[policy.pk for policy in policies],
            title=self.story.name,
            credit_code=self.story.credit_code,
            amounts={policy.pk: policy.contribution_amount for policy in policies},
            by=self.actor,
            at=at,
        )
        if self.story.stage == Stage.RECEIPT_ISSUED:
            receipts.issue_receipt(request_id=request.pk, by=office.get_actor("caiwu"), at=at + timedelta(days=1))
