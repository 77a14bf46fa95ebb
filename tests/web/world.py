"""
A small world for the matrix of rights: five employers around one, and the record that each parameter of an address stands for.

`MAKERS` is the registry: parameter of an address → how to make such a record for a given owner. A route with a parameter that is
not in it fails the build until somebody writes its maker.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from huzhu.accounts.models import Branch, KnownDevice, User
from huzhu.billing.models import BankTransaction
from huzhu.cover import operations as cover
from huzhu.cover.models import Cover, PastPolicyImport, PastPolicyUpload
from huzhu.documents.models import StoredFile
from huzhu.employers.models import Employer
from huzhu.enrolment.models import ApplicationMember, ProofFile, ProofSlot
from huzhu.enrolment.states import ProofKind
from huzhu.gifts.models import Sponsor
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import PAYMENT_DAYS
from huzhu.parameters.states import ChangeState
from huzhu.policies.models import PolicyVersion
from huzhu.roster.models import BulkChange, InsuranceRoster, RosterImport
from huzhu.shared.calendar import today
from huzhu.work.models import Copy, Deputy
from tests.factories import billing as money
from tests.factories import employers as people
from tests.factories import enrolment as make
from tests.factories import policies as papers
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, UserFactory, office_actor
from tests.factories.announcements import AnnouncementFactory, announced
from tests.factories.cover import past_policy
from tests.factories.gifts import drafted as drafted_campaign
from tests.factories.plans import version
from tests.factories.roster import RosterEntryFactory, resident_number


class Owner(StrEnum):
    """Whose a record is, seen from the employer in the middle."""

    OWN = "own"
    OTHER = "another employer of the branch"
    SISTER = "a sister subsidiary of the group"
    ELSEWHERE = "an employer of another branch"
    NOBODY = "nobody"


class Seen(StrEnum):
    """Who sees a record at all: the one rule of scope, and the few kinds of record that belong to no employer."""

    BY_OWNER = "its employer, and staff whose subtree holds the employer's branch"
    BY_OFFICE = "staff whose subtree holds its branch"
    BY_ADMINISTRATOR = "system administrators whose subtree holds its branch, beside those whom it names"
    BY_ASSOCIATION = "staff of the root"
    BY_ALL = "everybody who may open the route"
    BY_PERSON = "the person whose it is"


@dataclass(frozen=True)
class Maker:
    """How to make a record for an owner, and who sees it."""

    make: Callable[[World, Owner], Any]
    seen: Seen = Seen.BY_OWNER


@dataclass
class World:
    """Branches, employers, and what each employer has; made once, read by thousands of requests."""

    province: Branch
    city: Branch
    employers: dict[Owner, Employer]
    people: dict[Owner, User]  # somebody of each employer
    made: dict[tuple[str, Owner], Any] = field(default_factory=dict)

    def get(self, name: str, owner: Owner) -> Any:
        """The value that stands in the address for the owner's record of this kind."""
        if (name, owner) not in self.made:
            self.made[name, owner] = MAKERS[name].make(self, owner)
        return self.made[name, owner]

    def make_everything(self) -> None:
        """Make every record of every owner."""
        for name in MAKERS:
            for owner in OWNERS:
                self.get(name, owner)


APPLICANT = "13600009999"  # the mobile that somebody without an account has proven; the own records are addressed to it
OWNERS = [owner for owner in Owner if owner != Owner.NOBODY]


def build() -> World:
    """This function will make the branches, the employers and their group."""
    province = make.province()
    city, other_city = (BranchFactory(parent=province, level="city") for _ in range(2))
    places = {Owner.OWN: city, Owner.OTHER: city, Owner.SISTER: city, Owner.ELSEWHERE: other_city}
    employers = {owner: people.EmployerFactory(branch=place) for owner, place in places.items()}
    world = World(province, city, employers, {owner: UserFactory() for owner in places})
    for owner, user in world.people.items():
        people.MembershipFactory(user=user, employer=employers[owner])
    head = people.EmployerFactory(branch=city)
    for owner in OWNERS:
        is_sister = owner in (Owner.OWN, Owner.SISTER)
        link = people.GroupLinkFactory(
            head=head if is_sister else people.EmployerFactory(branch=places[owner]), subsidiary=employers[owner]
        )
        world.made["link", owner] = link.pk
    return world


def _addressed(owner: Owner, *fields: str) -> dict[str, str]:
    """The own record is addressed to the mobile that was proven."""
    return dict.fromkeys(fields, APPLICANT) if owner == Owner.OWN else {}


def _policy(world: World, owner: Owner) -> Any:
    if ("paid", owner) not in world.made:
        paid = papers.confirmed(papers.policy(owner=world.employers[owner], members=1))
        receipt = papers.issued(papers.receipt_request(paid))
        world.made["paid", owner] = (paid, receipt)
    return world.made["paid", owner]


def _policy_id(world: World, owner: Owner) -> int:
    return _policy(world, owner)[0].pk


def _policy_version_id(world: World, owner: Owner) -> int:
    return PolicyVersion.objects.get(policy_id=_policy_id(world, owner)).pk


def _receipt_id(world: World, owner: Owner) -> int:
    return _policy(world, owner)[1].pk


def _request_id(world: World, owner: Owner) -> int:
    return _policy(world, owner)[1].request_id


def _covered_worker(world: World, owner: Owner) -> int:
    return Cover.objects.filter(employer=_policy(world, owner)[0].employer).first().worker_id


def _cover(world: World, owner: Owner) -> int:
    return Cover.objects.filter(policy_id=_policy_id(world, owner)).first().pk


def _member(world: World, owner: Owner) -> int:
    application = money.approved_application(owner=world.employers[owner], members=1, state="first_review")
    return ApplicationMember.objects.get(application=application).pk


def _draft(world: World, owner: Owner) -> int:
    return make.application(employer=world.employers[owner], people_count=1).id


def _submitted(world: World, owner: Owner) -> int:
    return money.approved_application(owner=world.employers[owner], state="first_review").pk


def _slip(world: World, owner: Owner) -> int:
    return money.open_slip(owner=world.employers[owner]).pk


def _extension(world: World, owner: Owner) -> int:
    return money.asked_extension(money.open_slip(owner=world.employers[owner])).pk


def _cancellation(world: World, owner: Owner) -> int:
    return money.asked_cancellation(money.open_slip(owner=world.employers[owner])).pk


def _statement(world: World, owner: Owner) -> int:
    return BankTransaction.objects.get(pk=world.get("line", owner)).statement_id


def _line(world: World, owner: Owner) -> int:
    """A payment with the owner's name on it; it belongs to the whole association until it is allocated."""
    name = world.employers[owner].name
    money.imported(money.transfer("77.00", f"no number {name}", name=name), opening="0.00")
    return BankTransaction.objects.get(counterparty_name=name).pk


def _campaign(world: World, owner: Owner) -> int:
    branch = world.employers[owner].branch
    manager = office_actor(StaffPostFactory(branch=branch, product_manager=True))
    return drafted_campaign(branch, by=manager, at=NOON).pk


def _sponsor(world: World, owner: Owner) -> int:
    return Sponsor.objects.create(name=f"{world.employers[owner].branch.name}总工会{owner.name}").pk


def _registration(world: World, owner: Owner) -> int:
    file = world.get("certificate", owner)
    to = _addressed(owner, "handler_mobile")
    return people.RegistrationFactory(branch=world.employers[owner].branch, certificate_id=file, **to).pk


def _certificate(world: World, owner: Owner) -> uuid.UUID:
    return _file(world, owner, kind="credit_certificate", is_of_nobody=True)


def _change(world: World, owner: Owner) -> int:
    return people.ChangeRequestFactory(employer=world.employers[owner], certificate_id=_file(world, owner)).pk


def _hand_over(world: World, owner: Owner) -> int:
    employer = world.employers[owner]
    form = _file(world, owner, kind="hand_over_form")
    to = _addressed(owner, "mobile")
    return people.HandOverFactory(employer=employer, by_form=True, form_id=form, **to).pk


def _invitation(world: World, owner: Owner) -> int:
    return people.InvitationFactory(employer=world.employers[owner], **_addressed(owner, "mobile")).pk


def _transfer(world: World, owner: Owner) -> int:
    """To a branch below the owner's own, so that nobody else sees it arrive."""
    employer = world.employers[owner]
    return people.BranchTransferFactory(
        employer=employer, to_branch=BranchFactory(parent=employer.branch, level="county")
    ).pk


def _file(world: World, owner: Owner, *, kind: str = "proof", is_of_nobody: bool = False) -> uuid.UUID:
    stored_as = default_storage.save(uuid.uuid4().hex, ContentFile(b"one"))
    return StoredFile.objects.create(
        kind=kind,
        employer_id=None if is_of_nobody else world.employers[owner].pk,
        name="证明.jpg",
        stored_as=stored_as,
        media_type="image/jpeg",
        size=3,
        sha256="0" * 64,
        uploaded_at=NOON,
    ).pk


def _import(world: World, owner: Owner) -> int:
    return RosterImport.objects.create(
        employer=world.employers[owner], file_name="名册.xlsx", imported_at=NOON, finished_at=NOON
    ).pk


def _bulk_change(world: World, owner: Owner) -> int:
    return BulkChange.objects.create(
        employer=world.employers[owner],
        made_at=NOON,
        label="设置部门",
        changed=1,
        unchanged=0,
        refused=0,
        outcomes=[],
    ).pk


def _insurance_list(world: World, owner: Owner) -> int:
    return InsuranceRoster.objects.create(
        employer=world.employers[owner],
        kind="social",
        month=dt.date(2026, 10, 1),
        uploaded_at=NOON,
        rows=0,
        women=0,
    ).pk


def _proof_file(world: World, owner: Owner) -> int:
    slot = ProofSlot.objects.create(
        application_id=world.get("draft", owner), kind=ProofKind.DISPATCH_PROOF, person_count=1
    )
    return ProofFile.objects.create(slot=slot, file_id=_file(world, owner), added_at=NOON).pk


def _slot(world: World, owner: Owner) -> int:
    return ProofSlot.objects.create(
        application_id=world.get("submitted", owner), kind=ProofKind.DISPATCH_PROOF, person_count=1
    ).pk


def _device(world: World, owner: Owner) -> int:
    now = timezone.now()
    return KnownDevice.objects.create(
        user=world.people[owner],
        mark=uuid.uuid4().hex,
        device="Chrome",
        first_seen_at=now,
        last_seen_at=now,
    ).pk


def _announcement(world: World, owner: Owner) -> int:
    employer = world.employers[owner]
    return announced(AnnouncementFactory(branch=employer.branch), employer).pk


def _binding(world: World, owner: Owner) -> int:
    """An old policy of other people than the employer's, so that its binding waits for a registrar."""
    employer, serial = world.employers[owner], 400 + OWNERS.index(owner)
    old = past_policy(number=f"ZY202500{serial:04}", people=[serial])
    RosterEntryFactory(employer=employer, document__number=resident_number(serial))
    by = people.employer_actor(people.MembershipFactory(employer=employer))
    return cover.bind_policy(employer_id=employer.pk, number=old.number, by=by, at=NOON).pk


def _parameter_change(world: World, owner: Owner) -> int:
    """A change for the whole association; one of them waits at a time."""
    return ParameterChange.objects.get_or_create(
        key=PAYMENT_DAYS,
        state=ChangeState.PROPOSED,
        defaults={
            "value": "20",
            "effective_from": dt.date(2026, 11, 1),
            "reason": "试点",
            "needs_second_person": True,
            "proposed_at": NOON,
            "proposed_by_person": "13900007777",
        },
    )[0].pk


def _past_import(world: World, owner: Owner) -> int:
    return PastPolicyImport.objects.create(
        file_name="旧保单.xlsx", rows=1, policies=1, people=1, known=0, failed=0, uploaded_at=NOON
    ).pk


def _past_upload(world: World, owner: Owner) -> int:
    return PastPolicyUpload.objects.create(file_id=uuid.uuid4(), file_name="旧保单.xlsx", uploaded_at=NOON).pk


def _copy(world: World, owner: Owner) -> int:
    """A registration shown to a colleague at the owner's branch, who alone opens it."""
    return Copy.objects.create(
        subject_type="employers.registration",
        subject_id=world.get("registration", owner),
        kind="registrations",
        number="单位注册",
        stood_as="待审核",
        to_id=world.get("user", owner),
        to_name="甲",
        by_id=world.get("user", owner),
        by_name="乙",
        sent_at=NOON,
    ).pk


def _deputy(world: World, owner: Owner) -> int:
    """Somebody who stands in for a colleague at the owner's branch."""
    principal, deputy = (StaffPostFactory(branch=world.employers[owner].branch).user for _ in range(2))
    day = today(timezone.now())
    return Deputy.objects.create(
        principal=principal,
        deputy=deputy,
        first_on=day,
        last_on=day + dt.timedelta(days=7),
        set_at=timezone.now(),
        set_by_id=principal.pk,
        set_by_name=principal.name,
    ).pk


def _of_employer(factory: Any, **words: Any) -> Callable[[World, Owner], int]:
    return lambda world, owner: factory(employer=world.employers[owner], **words).pk


def _always(value: Any) -> Maker:
    return Maker(lambda world, owner: value, seen=Seen.BY_ALL)


MAKERS: dict[str, Maker] = {
    "slip": Maker(_slip),
    "extension": Maker(_extension),
    "cancellation": Maker(_cancellation),
    "line": Maker(_line, seen=Seen.BY_ASSOCIATION),
    "statement": Maker(_statement, seen=Seen.BY_ASSOCIATION),
    "registration": Maker(_registration, seen=Seen.BY_OFFICE),
    "certificate": Maker(_certificate, seen=Seen.BY_OFFICE),
    "hand_over": Maker(_hand_over),
    "draft": Maker(_draft),
    "submitted": Maker(_submitted),
    "file": Maker(_file),
    "version": Maker(lambda world, owner: version().pk, seen=Seen.BY_ALL),
    "prepared": Maker(lambda world, owner: version().pk, seen=Seen.BY_ASSOCIATION),
    "campaign": Maker(_campaign, seen=Seen.BY_OFFICE),
    "sponsor": Maker(_sponsor, seen=Seen.BY_ALL),
    "policy": Maker(_policy_id),
    "policy_version": Maker(_policy_version_id),
    "request": Maker(_request_id),
    "receipt": Maker(_receipt_id),
    "worker": Maker(_covered_worker),
    "cover": Maker(_cover),
    "member": Maker(_member),
    "user": Maker(lambda world, owner: StaffPostFactory(branch=world.employers[owner].branch).user_id),
    "branch": Maker(lambda world, owner: world.employers[owner].branch_id),
    "membership": Maker(_of_employer(people.MembershipFactory)),
    "join_request": Maker(_of_employer(people.JoinRequestFactory)),
    "invitation": Maker(_invitation),
    "change": Maker(_change),
    "transfer": Maker(_transfer),
    "link": Maker(lambda world, owner: world.made["link", owner]),
    "device": Maker(_device, seen=Seen.BY_PERSON),
    "announcement": Maker(_announcement),
    "import": Maker(_import),
    "bulk_change": Maker(_bulk_change),
    "list": Maker(_insurance_list),
    "entry": Maker(lambda world, owner: RosterEntryFactory(employer=world.employers[owner]).pk),
    "proof_file": Maker(_proof_file),
    "slot": Maker(_slot),
    "copy": Maker(_copy, seen=Seen.BY_PERSON),
    "deputy": Maker(_deputy, seen=Seen.BY_ADMINISTRATOR),
    "work_kind": _always("registrations"),
    "binding": Maker(_binding),
    "past_import": Maker(_past_import, seen=Seen.BY_ASSOCIATION),
    "past_upload": Maker(_past_upload, seen=Seen.BY_ASSOCIATION),
    "parameter_change": Maker(_parameter_change, seen=Seen.BY_ALL),
    "key": _always(PAYMENT_DAYS),
    "code_list": _always("return_reasons"),
    "code_entry": _always("dates"),
    "code": _always("nothing"),
    "token": _always("nothing"),
    "number": _always("nothing"),
    "version_number": _always(1),
    "check": _always("nothing"),
    "kind": _always(ProofKind.DISPATCH_PROOF.value),
    "field": _always("handler_mobile"),
    "hand_over_field": _always("mobile"),
}

# The record a parameter stands for, where its name alone does not say.
STANDS_FOR: dict[tuple[str, str], str] = {
    ("employer", "application_id"): "draft",
    ("office", "application_id"): "submitted",
    ("office:parameter-confirm", "change_id"): "parameter_change",
    ("office:parameter-refuse", "change_id"): "parameter_change",
    ("office:work-copy-send", "kind"): "work_kind",
    ("office:work-copy-send", "record_id"): "registration",
    ("office:code-list", "key"): "code_list",
    ("office:code-entry-new", "key"): "code_list",
    **{(f"office:code-entry{act}", "key"): "code_list" for act in ("", "-change", "-close", "-reopen")},
    **{(f"office:code-entry{act}", "code"): "code_entry" for act in ("", "-change", "-close", "-reopen")},
    ("office:hand-over-reveal", "field"): "hand_over_field",
    **{
        (f"office:plan-{act}", "version_id"): "prepared"
        for act in (
            *("draft", "edit", "benefits", "cases", "case-try", "propose", "recall", "discard"),
            *("publish", "return", "shorten", "close"),
        )
    },
    ("employer:hand-over-reveal", "field"): "hand_over_field",
    ("public", "file_id"): "certificate",
    ("employer:roster-bulk-result", "change_id"): "bulk_change",
}


def get_kind(route: str, parameter: str) -> str:
    """
    The name in `MAKERS` for a parameter of a route: the parameter without `_id`, unless `STANDS_FOR` says otherwise.
    """
    side = route.split(":")[0]
    plain = parameter.removesuffix("_id")
    return STANDS_FOR.get((route, parameter)) or STANDS_FOR.get((side, parameter)) or plain
