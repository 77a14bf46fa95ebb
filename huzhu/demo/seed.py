"""
The demo: staff, 30 employers in every state, a group, 3,000 people, made by calling the operations the pages call.

What the operations refuse the demo cannot have; so it obeys every rule, and seeding it is a test of the whole way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from huzhu.accounts import operations as accounts
from huzhu.accounts.models import Branch
from huzhu.billing.models import SocietyAccount
from huzhu.demo import (
    account_life,
    administration,
    announcing,
    choosing,
    desk,
    endorsing,
    giving,
    office,
    planning,
    slip_requests,
)
from huzhu.demo.employers import HEAD, SCHOOL, STORIES, SUBSIDIARIES
from huzhu.demo.people import BRANCHES, MEMBERS, PASSWORD, STAFF
from huzhu.demo.telling import Teller
from huzhu.employers import operations as employers
from huzhu.journeys import plan_cases
from huzhu.journeys.remind_of_renewal import remind_of_renewal
from huzhu.shared.actors import Actor, Side, system_actor

SYSTEM = system_actor("演示数据")


def is_seeded() -> bool:
    """Whether this database has been seeded before."""
    return Branch.objects.exists()


def seed(*, at: datetime) -> Iterator[str]:
    """
    This function will make the demo data once and tell what it made, line by line.
    """
    if is_seeded():
        return
    yield "正在生成演示数据（约一分钟）……"
    with transaction.atomic():
        found_association(at=at - timedelta(days=500), now=at)
        tellers = [Teller(story, now=at) for story in STORIES]
        for teller in tellers:
            teller.register()
        _link_group(tellers, at=at - timedelta(days=420))
        _let_members_in(tellers[STORIES.index(HEAD)].actor, at=at - timedelta(days=410))
        for teller in tellers:
            teller.tell()
        office.receive_money(dict(teller.arrival for teller in tellers if teller.pays), now=at)
        for teller in tellers:
            teller.tell_after_payment()
        endorsing.let_people_join(tellers[STORIES.index(SCHOOL)], now=at)
        endorsing.let_people_leave(tellers[STORIES.index(SCHOOL)], now=at)
        remind_of_renewal(by=SYSTEM, at=at)
        office.leave_open_work(now=at)
        slip_requests.leave_slip_requests([t.actor for t in tellers if t.actor], now=at)
        administration.change_parameters(now=at)
        administration.keep_code_lists(now=at)
        planning.prepare_plans(now=at)
        choosing.leave_shares_to_each(tellers[STORIES.index(HEAD)].actor, now=at)
        giving.prepare_campaigns(now=at)
        giving.use_campaigns(tellers, now=at)
        announcing.tell_employers([t.actor for t in tellers if t.actor], now=at)
        account_life.leave_people_waiting({teller.story: teller.actor for teller in tellers}, now=at)
        desk.lay_out_work(now=at)
    people = sum(story.size for story in STORIES)
    yield f"已生成：{len(STORIES)} 个参保单位，{people:,} 名职工，{len(STAFF)} 名工作人员。"


def found_association(*, at: datetime, now: datetime | None = None) -> None:
    """
    This function will make what stands before any employer: branches, staff, plans and the payee account.

    :param now: when staff last set their password, so that nobody is idle; `at` if left out
    """
    ids: dict[str, int] = {}
    for code, level, name, parent in BRANCHES:
        ids[code] = accounts.make_branch(
            parent_id=ids.get(parent), level=level, code=code, name=name, by=SYSTEM, at=at
        ).pk
    for staff in STAFF:
        user = accounts.make_staff(
            login_name=staff.login_name,
            mobile=staff.mobile,
            name=staff.name,
            branch_id=ids[staff.branch_code],
            roles=staff.roles,
            by=SYSTEM,
            at=at,
        )
        accounts.set_password(user_id=user.pk, password=PASSWORD, by=SYSTEM, at=now or at)
    plan_cases.load_catalogue(by=SYSTEM, at=at)
    for number, bank, bank_name, is_payee in office.ACCOUNTS:
        SocietyAccount.objects.create(
            number=number, bank=bank, bank_name=bank_name, holder="广东省职工保障互助会", is_payee=is_payee
        )


def _link_group(tellers: list[Teller], *, at: datetime) -> None:
    """The head asks, each subsidiary confirms."""
    by_story = {teller.story: teller for teller in tellers}
    for story in SUBSIDIARIES:
        link = employers.request_link(credit_code=story.credit_code, as_head=True, by=by_story[HEAD].actor, at=at)
        employers.confirm_link(link_id=link.pk, by=by_story[story].actor, at=at + timedelta(hours=3))


def _let_members_in(owner: Actor, *, at: datetime) -> None:
    """One person per role asks to join the head's account, and the owner lets them in."""
    for member in MEMBERS:
        person = Actor(user_id=None, name=member.name, person=member.mobile, side=Side.PUBLIC)
        request = employers.ask_to_join(employer_id=owner.employer_id or 0, name=member.name, by=person, at=at)
        membership = employers.accept_join(join_request_id=request.pk, roles=[member.role], by=owner, at=at)
        accounts.set_password(user_id=membership.user_id, password=PASSWORD, by=person, at=at)
