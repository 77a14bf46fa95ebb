"""单位划转: whoever has both branches moves an employer at once, others ask; nobody receives what they asked for."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from huzhu.accounts.models import Branch, StaffPost
from huzhu.audit.models import AuditEvent
from huzhu.audit.reveals import Why
from huzhu.employers import operations, permissions, queries
from huzhu.employers.models import BranchTransfer, Employer, EmployerVersion, Registration
from huzhu.employers.states import TransferState
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.shared.actors import Principal
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work.kinds import get_kind
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.employers import (
    BranchTransferFactory,
    EmployerFactory,
    EmployerVersionFactory,
    MembershipFactory,
    RegistrationFactory,
    employer_actor,
)
from tests.factories.flows import move

LATER = NOON + timedelta(days=3)


@dataclass
class Places:
    """A province with two cities; the employer is at a county of the first."""

    province: Branch
    city: Branch
    county: Branch
    sister: Branch
    other_city: Branch
    employer: Employer


def places() -> Places:
    province = BranchFactory()
    city, other = (BranchFactory(parent=province, level="city") for _ in range(2))
    county, sister = (BranchFactory(parent=city, level="county") for _ in range(2))
    employer = EmployerFactory(branch=county)
    EmployerVersionFactory(employer=employer, since=(NOON - timedelta(days=100)).date())
    return Places(province, city, county, sister, other, employer)


@pytest.fixture
def at(db) -> Places:
    return places()


def registrar(branch: Branch) -> StaffPost:
    return StaffPostFactory(branch=branch, registrar=True)


def ask(at: Places, *, by: StaffPost, to: Branch, reason: str = "单位迁址") -> BranchTransfer:
    return operations.request_transfer(
        employer_id=at.employer.pk, to_branch_id=to.pk, reason=reason, by=office_actor(by), at=NOON
    )


def accept(transfer: BranchTransfer, *, by: StaffPost, when=LATER) -> BranchTransfer:
    return operations.accept_transfer(transfer_id=transfer.pk, by=office_actor(by), at=when)


def branch_of(at: Places) -> Branch:
    return Employer.objects.select_related("branch").get(pk=at.employer.pk).branch


class TestAsking:
    def test_at_once_where_both_branches_are_the_askers(self, at):
        transfer = ask(at, by=registrar(at.city), to=at.sister)
        assert transfer.state == TransferState.ACCEPTED
        assert branch_of(at) == at.sister

    def test_beyond_the_own_subtree_it_waits_and_nothing_changes(self, at):
        transfer = ask(at, by=registrar(at.county), to=at.other_city)
        assert transfer.state == TransferState.REQUESTED
        assert branch_of(at) == at.county
        assert not SmsMessage.objects.exists()

    @pytest.mark.parametrize("where", ["sister", "other_city"])
    def test_not_by_staff_beside_the_employer(self, at, where):
        with pytest.raises(permissions.NotPermitted, match="管辖范围"):
            ask(at, by=registrar(getattr(at, where)), to=at.other_city)

    def test_not_by_other_roles(self, at):
        with pytest.raises(permissions.NotPermitted, match="受理员"):
            ask(at, by=StaffPostFactory(branch=at.province, roles=["reviewer"]), to=at.other_city)

    def test_needs_a_reason_another_open_branch_and_no_other_transfer(self, at):
        by = registrar(at.county)
        with pytest.raises(operations.TransferRefused, match="原因"):
            ask(at, by=by, to=at.other_city, reason="  ")
        with pytest.raises(operations.TransferRefused, match="已归属"):
            ask(at, by=by, to=at.county)
        closed = BranchFactory(parent=at.other_city, level="county", closed_at=NOON)
        with pytest.raises(operations.TransferRefused, match="已停用"):
            ask(at, by=by, to=closed)
        ask(at, by=by, to=at.other_city)
        with pytest.raises(operations.TransferRefused, match="先撤回"):
            ask(at, by=registrar(at.province), to=at.sister)
        with pytest.raises(IntegrityError, match="one_open_transfer"), transaction.atomic():
            BranchTransferFactory(employer=at.employer)

    def test_never_under_staff_who_belong_to_the_account(self, at):
        post = registrar(at.other_city)
        MembershipFactory(employer=at.employer, user__mobile=post.user.mobile)
        with pytest.raises(operations.TransferRefused, match="账号的成员"):
            ask(at, by=registrar(at.province), to=at.other_city)
        assert branch_of(at) == at.county
        assert not BranchTransfer.objects.exists()


class TestReceiving:
    @pytest.fixture
    def transfer(self, at) -> BranchTransfer:
        return ask(at, by=registrar(at.county), to=at.other_city)

    @pytest.mark.parametrize("where", ["other_city", "province"])
    def test_the_receiving_branch_or_one_above_it_accepts(self, at, transfer, where):
        accept(transfer, by=registrar(getattr(at, where)))
        assert branch_of(at) == at.other_city
        assert "由" + at.other_city.name in SmsMessage.objects.get(template="transfer_done").body
        assert SmsMessage.objects.get(template="transfer_done").mobile == at.employer.handler_mobile
        assert Notice.objects.get(employer_id=at.employer.pk).title.endswith(f"由{at.other_city.name}办理")
        event = AuditEvent.objects.get(event="employers.transfer")
        assert event.changes == {"branch": [at.county.name, at.other_city.name]}

    @pytest.mark.parametrize("where", ["county", "city", "sister"])
    def test_the_sending_side_does_not(self, at, transfer, where):
        with pytest.raises(permissions.NotPermitted, match="接收机构"):
            accept(transfer, by=registrar(getattr(at, where)))

    def test_what_held_on_which_day_names_the_branch(self, at, transfer):
        accept(transfer, by=registrar(at.other_city))
        day = LATER.date()
        before = queries.get_version_on(employer=at.employer, day=day - timedelta(days=1))
        after = queries.get_version_on(employer=at.employer, day=day)
        assert (before.facts["branch"], after.facts["branch"]) == (at.county.name, at.other_city.name)
        assert after.transfer == transfer

    def test_nobody_receives_what_they_asked_for(self, at):
        """The asker has meanwhile been placed above both: neither the operation nor the database lets them."""
        post = registrar(at.county)
        transfer = ask(at, by=post, to=at.other_city)
        post.branch = at.province
        post.save()
        with pytest.raises(permissions.NotPermitted, match="由您本人发起"):
            accept(transfer, by=post)
        with pytest.raises(IntegrityError, match="nobody_receives_what_they_asked"), transaction.atomic():
            BranchTransfer.objects.filter(pk=transfer.pk).update(
                state="accepted", decided_at=LATER, decided_by_person=transfer.asked_by_person
            )

    def test_a_deputy_of_the_asker_is_the_asker(self, at, transfer):
        post = registrar(at.other_city)
        asker = Principal(user_id=1, name="李", person=transfer.asked_by_person)
        with pytest.raises(permissions.NotPermitted, match="您代理的李发起"):
            operations.accept_transfer(
                transfer_id=transfer.pk, by=replace(office_actor(post), stands_in_for=asker), at=LATER
            )
        with pytest.raises(IntegrityError, match="nobody_receives_what_they_asked"), transaction.atomic():
            BranchTransfer.objects.filter(pk=transfer.pk).update(
                state="accepted",
                decided_at=LATER,
                decided_by_person=post.user.mobile,
                decided_for_person=transfer.asked_by_person,
            )

    def test_refusing_needs_a_reason_and_tells_who_asked(self, at, transfer):
        by = office_actor(registrar(at.other_city))
        with pytest.raises(operations.TransferRefused, match="原因"):
            operations.refuse_transfer(transfer_id=transfer.pk, reason=" ", by=by, at=LATER)
        operations.refuse_transfer(transfer_id=transfer.pk, reason="单位仍在原址", by=by, at=LATER)
        message = SmsMessage.objects.get(template="transfer_refused")
        assert message.mobile == transfer.asked_by_person
        assert "单位仍在原址" in message.body
        assert branch_of(at) == at.county
        with pytest.raises(TransitionNotAllowed):
            accept(transfer, by=registrar(at.other_city))

    def test_the_sending_side_withdraws_the_receiving_side_does_not(self, at, transfer):
        with pytest.raises(permissions.NotPermitted, match="发起机构"):
            operations.withdraw_transfer(transfer_id=transfer.pk, by=office_actor(registrar(at.other_city)), at=LATER)
        operations.withdraw_transfer(transfer_id=transfer.pk, by=office_actor(registrar(at.city)), at=LATER)
        with pytest.raises(TransitionNotAllowed):
            accept(transfer, by=registrar(at.other_city))

    def test_a_branch_closed_meanwhile_receives_nothing(self, at, transfer):
        Branch.objects.filter(pk=at.other_city.pk).update(closed_at=NOON)
        with pytest.raises(operations.TransferRefused, match="已停用"):
            accept(transfer, by=registrar(at.province))
        transfer.refresh_from_db()
        assert transfer.state == TransferState.REQUESTED

    def test_what_waits_for_a_branch_stands_against_closing_it(self, at, transfer):
        assert queries.get_obstacles(branch_id=at.other_city.pk) == [
            "还有 1 家单位等待划转到本机构，请先接收、不予接收或由发起机构撤回。"
        ]


class TestSeeing:
    def test_both_sides_see_it_and_only_the_receiving_side_has_work(self, at):
        ask(at, by=registrar(at.county), to=at.other_city)
        seen = {
            name: queries.get_transfers(actor=office_actor(registrar(getattr(at, name)))).count()
            for name in ("province", "city", "county", "other_city", "sister")
        }
        assert seen == {"province": 1, "city": 1, "county": 1, "other_city": 1, "sister": 0}
        waiting = {
            name: get_kind("transfers").get_waiting(office_actor(registrar(getattr(at, name)))).count()
            for name in ("province", "county", "other_city")
        }
        assert waiting == {"province": 1, "county": 0, "other_city": 1}

    def test_an_employers_people_see_their_own(self, at):
        ask(at, by=registrar(at.county), to=at.other_city)
        own, other = MembershipFactory(employer=at.employer), MembershipFactory()
        assert BranchTransfer.objects.visible_to(employer_actor(own)).count() == 1
        assert not BranchTransfer.objects.visible_to(employer_actor(other)).exists()

    def test_the_old_branch_loses_sight_of_the_employer_and_its_registration(self, at):
        registration = RegistrationFactory(branch=at.county)
        registration.employer, registration.decided_at, registration.decided_by_person = (
            at.employer,
            NOON,
            "13900000001",
        )
        move(registration, "approved", at=NOON)
        old, new = office_actor(registrar(at.county)), office_actor(registrar(at.other_city))
        for actor, sees in ((old, True), (new, False)):
            assert Employer.objects.visible_to(actor).filter(pk=at.employer.pk).exists() is sees
            assert Registration.objects.visible_to(actor).exists() is sees
        ask(at, by=registrar(at.province), to=at.other_city)
        for actor, sees in ((old, False), (new, True)):
            assert Employer.objects.visible_to(actor).filter(pk=at.employer.pk).exists() is sees
            assert Registration.objects.visible_to(actor).exists() is sees
        with pytest.raises(permissions.NotPermitted, match="管辖范围"):
            operations.reveal_registration(
                registration_id=registration.pk, field="handler_mobile", why=Why(reason="check"), by=old, at=LATER
            )


class TestRace:
    """On a database of its own: two registrars of the receiving side press at once."""

    def test_an_employer_is_received_once(self, own_database):
        at = places()
        transfer = ask(at, by=registrar(at.county), to=at.other_city)
        posts = [registrar(at.other_city) for _ in range(4)]
        failures = _race([lambda post=post: accept(transfer, by=post) for post in posts])
        assert [type(error) for error in failures] == [TransitionNotAllowed] * 3
        assert AuditEvent.objects.filter(event="employers.transfer").count() == 1
        assert EmployerVersion.objects.filter(employer=at.employer).count() == 2

    def test_without_the_lock_it_is_received_twice(self, own_database, monkeypatch):
        """The twin: both read that it waits before either writes."""
        at = places()
        transfer = ask(at, by=registrar(at.county), to=at.other_city)
        both_have_read = threading.Barrier(2)

        def read(transfer_id: int) -> BranchTransfer:
            found = BranchTransfer.objects.select_related("employer__branch", "from_branch", "to_branch")
            row = found.get(pk=transfer_id)
            both_have_read.wait(10)
            return row

        monkeypatch.setattr(operations.transfers, "_lock", read)
        posts = [registrar(at.other_city) for _ in range(2)]
        failures = _race([lambda post=post: accept(transfer, by=post) for post in posts])
        assert [error for error in failures if isinstance(error, TransitionNotAllowed)] == []
        assert AuditEvent.objects.filter(event="branch_transfer.accept").count() + len(failures) == 2


def _race(acts) -> list[BaseException]:
    """All at once, each on a connection of its own; what they were refused with."""
    barrier, failures = threading.Barrier(len(acts)), []

    def run(act) -> None:
        barrier.wait(10)
        try:
            act()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return failures
