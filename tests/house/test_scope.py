"""Every scoped model and every act of the office: own subtree, ancestor, sister. Reads and writes ask the same rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import pytest
from django.apps import apps

from huzhu.accounts import policy, scope
from huzhu.accounts.models import Branch
from huzhu.accounts.roles import StaffRole
from huzhu.cover.operations import bind_policy
from huzhu.employers.models import BranchTransfer, Employer
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.gifts.models import GiftCampaign, Sponsor
from huzhu.parameters.models import ParameterChange
from huzhu.plans.models import PlanVersion, SaleWindow
from huzhu.roster.models import BulkChange, InsuranceRoster, RosterImport
from huzhu.shared.actors import Actor, Side, system_actor
from tests.factories import billing as money
from tests.factories import policies as papers
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory
from tests.factories.announcements import AnnouncementFactory, announced
from tests.factories.cover import past_policy
from tests.factories.employers import (
    BranchTransferFactory,
    ChangeRequestFactory,
    EmployerFactory,
    EmployerVersionFactory,
    GroupLinkFactory,
    HandOverFactory,
    InvitationFactory,
    JoinRequestFactory,
    MembershipFactory,
    RegistrationFactory,
    employer_actor,
)
from tests.factories.roster import RosterEntryFactory, resident_number

pytestmark = pytest.mark.django_db

SCOPED = {model.__name__: model for model in apps.get_models() if hasattr(model._default_manager, "visible_to")}
OF_EMPLOYERS_ONLY = {
    "RosterImport",
    "BulkChange",
    "InsuranceRoster",
}  # uploaded files: staff see the roster, not the files
OF_WHOLE_ASSOCIATION = {
    "BankStatement",
    "BankTransaction",
    "PlanVersion",
}  # a line belongs to no branch until it is allocated; plans in preparation to none at all
OF_OFFICE_ONLY = {
    "Branch",
    "StaffPost",
    "Registration",
    "ParameterChange",
    "SaleWindow",
    "GiftCampaign",
}  # applicants follow theirs by mobile, without an account


@dataclass
class Tree:
    """A province, two cities, and a county below the first where everything below happens."""

    province: Branch
    city: Branch
    county: Branch
    sister_county: Branch
    sister_city: Branch
    below_sister: Branch

    @property
    def inside(self) -> list[Branch]:
        """The branches whose staff have the county's records in their subtree."""
        return [self.province, self.city, self.county]

    @property
    def outside(self) -> list[Branch]:
        return [self.sister_county, self.sister_city, self.below_sister]


@pytest.fixture
def tree() -> Tree:
    province = money.root()
    city, sister = (BranchFactory(parent=province, level="city") for _ in range(2))
    county, other, below = (BranchFactory(parent=above, level="county") for above in (city, city, sister))
    return Tree(province, city, county, other, sister, below)


@pytest.fixture
def employer(tree: Tree) -> Employer:
    """An employer of the county with at least one row in every scoped table."""
    mine = EmployerFactory(branch=tree.county)
    request = papers.receipt_request(papers.confirmed(papers.policy(owner=mine, members=1)))
    papers.issued(request)
    money.asked_extension(money.open_slip(owner=mine))
    money.asked_cancellation(money.open_slip(owner=mine))
    MembershipFactory(employer=mine)
    JoinRequestFactory(employer=mine)
    InvitationFactory(employer=mine)
    HandOverFactory(employer=mine)
    ChangeRequestFactory(employer=mine)
    EmployerVersionFactory(employer=mine)
    BranchTransferFactory(employer=mine, to_branch=BranchFactory(parent=tree.city, level="county"))
    GroupLinkFactory(head=mine, subsidiary__branch=tree.county)
    RegistrationFactory(branch=tree.county)
    _binding(mine)
    StaffPostFactory(branch=tree.county)
    RosterImport.objects.create(employer=mine, file_name="名册.xlsx", imported_at=NOON, finished_at=NOON)
    BulkChange.objects.create(
        employer=mine, made_at=NOON, label="设置部门", changed=1, unchanged=0, refused=0, outcomes=[]
    )
    InsuranceRoster.objects.create(
        employer=mine, kind="social", month=date(2026, 11, 1), uploaded_at=NOON, rows=0, women=0
    )
    ParameterChange.objects.create(
        key="second_review_level",
        branch=tree.county,
        value="city",
        effective_from=date(2026, 11, 1),
        reason="试点",
        state="confirmed",
        needs_second_person=False,
        proposed_at=NOON,
    )
    SaleWindow.objects.create(
        version=PlanVersion.objects.all()[0],
        branch=tree.county,
        kind="none",
        effective_from=date(2026, 11, 1),
        reason="试点",
        set_at=NOON,
    )
    GiftCampaign.objects.create(
        branch=tree.county,
        plan=PlanVersion.objects.all()[0].plan,
        kind="gift",
        once="campaign",
        sponsor=Sponsor.objects.create(name="佛山市总工会"),
        budget_amount=1000,
        opens_on=date(2026, 11, 1),
        closes_on=date(2026, 12, 1),
        drafted_at=NOON,
    )
    announced(AnnouncementFactory(branch=tree.county), mine, reader=MembershipFactory(employer=mine).user)
    return mine


def _binding(mine: Employer) -> None:
    past_policy(people=[499])
    RosterEntryFactory(employer=mine, document__number=resident_number(499))
    bind_policy(
        employer_id=mine.pk, number="ZY2025000001", by=employer_actor(MembershipFactory(employer=mine)), at=NOON
    )


def staff(branch: Branch, *roles: str, person: str = "13900009999") -> Actor:
    """Somebody at a branch with these roles, or with all."""
    return Actor(
        user_id=1,
        name="甲",
        person=person,
        side=Side.OFFICE,
        roles=frozenset(roles or StaffRole.values),
        branch_path=branch.path,
    )


def _sees(model: type, actor: Actor, *, branch: Branch) -> bool:
    """Whether the actor sees the row that stands in the branch."""
    seen = model._default_manager.visible_to(actor)
    return (seen.filter(pk=branch.pk) if model is Branch else seen).exists()


def test_staff_see_the_subtree_and_nothing_beside_it(tree: Tree, employer: Employer):
    for name, model in SCOPED.items():
        assert model._default_manager.exists(), name
        for branch in tree.inside:
            expected = name not in OF_EMPLOYERS_ONLY and (name not in OF_WHOLE_ASSOCIATION or branch == tree.province)
            assert _sees(model, staff(branch), branch=tree.county) is expected, (name, branch.level)
        for branch in tree.outside:
            if name == "Employer":
                assert not model.objects.visible_to(staff(branch)).filter(pk=employer.pk).exists()
            assert not _sees(model, staff(branch), branch=tree.county), (name, branch.level)


def test_staff_below_do_not_see_what_is_above(tree: Tree, employer: Employer):
    """The same rows, one level up: those of the county lose them."""
    for branch_of in (Employer, SCOPED["Registration"], SCOPED["StaffPost"]):
        branch_of.objects.update(branch=tree.city)
    SCOPED["BranchTransfer"].objects.update(from_branch=tree.city, to_branch=tree.sister_city)
    for name, model in SCOPED.items():
        # What is set above holds below, so it is seen there; an announcement stays with the branch that wrote it.
        if name not in ("ParameterChange", "SaleWindow", "GiftCampaign", "Announcement"):
            assert not _sees(model, staff(tree.county), branch=tree.city), name


def test_an_employers_people_see_their_own_and_nobody_elses(tree: Tree, employer: Employer):
    own = employer_actor(MembershipFactory(employer=employer))
    other = employer_actor(MembershipFactory(employer__branch=tree.county))
    for name, model in SCOPED.items():
        expected = name not in OF_WHOLE_ASSOCIATION | OF_OFFICE_ONLY
        assert model._default_manager.visible_to(own).exists() is expected, name
        if hasattr(model, "employer_id"):
            assert not model._default_manager.visible_to(other).exclude(employer_id=other.employer_id).exists(), name
        elif name not in ("Employer",):
            assert not model._default_manager.visible_to(other).exists(), name
    assert list(Employer.objects.visible_to(other)) == [Employer.objects.get(pk=other.employer_id)]


@pytest.mark.parametrize("side", [Side.PUBLIC, Side.OFFICE, Side.EMPLOYER])
def test_who_has_no_place_sees_nothing(employer: Employer, side: Side):
    nobody = Actor(user_id=None, name="甲", person="", side=side, roles=frozenset(StaffRole.values))
    for name, model in SCOPED.items():
        assert not model._default_manager.visible_to(nobody).exists(), name


def test_the_program_sees_everything(employer: Employer):
    for name, model in SCOPED.items():
        assert model._default_manager.visible_to(system_actor()).count() == model._default_manager.count(), name


def _acts(tree: Tree, employer: Employer) -> dict[str, Callable[[Actor], None]]:
    """Every kind of act of the office on a record of the county: the check that the operation calls under its lock."""
    application = money.approved_application(owner=employer, state="first_review")
    slip = money.open_slip(owner=employer)
    request = SCOPED["ReceiptRequest"].objects.get()
    registration = SCOPED["Registration"].objects.get()
    return {
        "registration": partial(_check, "registration.approve", registration),
        "binding": partial(_check, "policy_binding.confirm", SCOPED["PolicyBinding"].objects.get()),
        "change": partial(_check, "change_request.approve", SCOPED["ChangeRequest"].objects.get()),
        "transfer": partial(_check, "branch_transfer.ask", employer),
        "transfer back": partial(_check, "branch_transfer.withdraw", SCOPED["BranchTransfer"].objects.get()),
        "transfer here": partial(_check, "branch_transfer.accept", _arriving(tree)),
        "hand-over": partial(_check, "hand_over.approve", SCOPED["HandOver"].objects.get()),
        "review": partial(_check, "enrolment.approve_first", EnrolmentApplication.objects.get(pk=application.pk)),
        "slip": partial(_check, "slip.cancel", slip),
        "extension": partial(_check, "payment_extension.approve", SCOPED["PaymentExtension"].objects.get()),
        "receipt": partial(_check, "receipt_request.issue", request),
        "staff": partial(_check, "staff.open", tree.county),
    }


def _check(act: str, record: object, *, by: Actor) -> None:
    policy.check(by, act, record)


def _arriving(tree: Tree) -> BranchTransfer:
    """An employer from beyond the tree that the county is to receive."""
    return BranchTransferFactory(to_branch=tree.county, employer__branch=tree.below_sister)


def test_staff_act_inside_the_subtree_and_nowhere_else(tree: Tree, employer: Employer):
    for name, check in _acts(tree, employer).items():
        for branch in tree.inside:
            check(by=staff(branch))
        for branch in tree.outside:
            with pytest.raises(policy.NotPermitted):  # noqa: PT012  # the second line names the act that got through
                check(by=staff(branch))
                pytest.fail(f"{name} by {branch.level}")


def test_without_the_rule_the_sister_gets_in(tree: Tree, employer: Employer, monkeypatch):
    """The twin without the protection: what refuses above is the one rule, on reads and on writes alike."""
    acts = _acts(tree, employer)
    monkeypatch.setattr(scope, "get_subtree", lambda actor: "")
    sister = staff(tree.sister_city)
    for check in acts.values():
        check(by=sister)
    for name in set(SCOPED) - OF_EMPLOYERS_ONLY - OF_WHOLE_ASSOCIATION:
        assert SCOPED[name]._default_manager.visible_to(sister).exists(), name
