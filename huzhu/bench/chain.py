"""The whole chain for one employer, create → submit → two reviews → slip → bank money → cover: time and statements by people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from huzhu.billing.models import PaymentSlip
from huzhu.billing.statements.writing import Movement, write_icbc_csv
from huzhu.cover.models import Cover
from huzhu.demo import office
from huzhu.demo.employers import HOSPITAL, Stage, Story
from huzhu.demo.seed import found_association
from huzhu.demo.telling import Teller
from huzhu.journeys import import_statement as journey

SIZES = (100, 1_000, 10_000)
# openIMIS 1.11, the same chain for 1,000 people on a machine of this kind: seconds, statements per person.
OPENIMIS_SECONDS, OPENIMIS_STATEMENTS = 55.0, 75


@dataclass
class Walk:
    """One employer's way through the chain."""

    people: int
    seconds: dict[str, float] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Seconds of server work."""
        return sum(self.seconds.values())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step."""
        count = 0

        def counting(execute, sql, params, many, context):
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        began = time.perf_counter()
        with connection.execute_wrapper(counting):
            yield
        self.seconds[name] = time.perf_counter() - began
        self.statements[name] = count


def run() -> None:
    """This function will walk the chain at three sizes and print time, statements and growth."""
    found_association(at=timezone.now() - timedelta(days=500))
    walk_chain(people=20, place=900)  # warms caches and prepared plans
    walks = [walk_chain(people=size, place=901 + index) for index, size in enumerate(SIZES)]
    print("\nchain: create → submit → two reviews → slip → bank statement → cover, 1 plan")
    print(f"{'people':>8} {'seconds':>9} {'ms/person':>10} {'statements':>11}")
    for walk in walks:
        print(
            f"{walk.people:>8,} {walk.total:>9.3f} {walk.total / walk.people * 1000:>10.3f} {sum(walk.statements.values()):>11}"
        )
    for name in walks[1].seconds:
        print(f"  {name:<10}" + "".join(f"{walk.seconds[name]:>9.3f} s {walk.statements[name]:>4}" for walk in walks))
    growth = walks[2].total / walks[1].total
    print(f"ten times the people cost {growth:.1f} times the time")
    middle = walks[1]
    print(
        f"against openIMIS 1.11 at 1,000 people: {OPENIMIS_SECONDS / middle.total:.0f} times faster, "
        f"{OPENIMIS_STATEMENTS * 1000 / sum(middle.statements.values()):.0f} times fewer statements"
    )


def walk_chain(*, people: int, place: int) -> Walk:
    """
    This function will walk one employer with so many people through the whole chain; registration and roster come before it.
    """
    walk = Walk(people)
    teller = Teller(_story(people, place), now=timezone.now())
    teller.register()
    teller.keep_roster()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the connection is open before the clock starts
    with walk.step("draft"):
        teller.draft()
    teller.prove()
    with walk.step("submit"):
        teller.submit()
    form = teller.store_form()
    with walk.step("form"):
        teller.send_form(form)
    with walk.step("reviews"):
        teller.approve_first()
        teller.approve_second()
    content = _statement(teller, at=teller.clock + timedelta(hours=2))
    with walk.step("payment"):
        journey.import_statement(
            account_number=office.ICBC,
            content=content,
            file_name="bench.csv",
            by=office.get_actor("caiwu"),
            at=timezone.now(),
        )
    covered = Cover.objects.filter(employer_id=teller.employer_id).count()
    if covered != people:
        raise RuntimeError(f"only {covered} of {people} people are covered")
    return walk


def _story(people: int, place: int) -> Story:
    return Story(
        f"测试单位{place}", "enterprise", "91", "440106", "44", people, "测试员", Stage.EFFECTIVE, HOSPITAL, "", place
    )


def _statement(teller: Teller, *, at: datetime) -> bytes:
    slip = PaymentSlip.objects.get(employer_id=teller.employer_id)
    line = Movement(at=at, amount=slip.amount, name=teller.story.name, remark=slip.number)
    return write_icbc_csv(lines=[line], opening_balance=office.OPENING, account_number=office.ICBC)
