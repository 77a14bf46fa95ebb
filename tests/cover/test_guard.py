"""The database itself refuses more shares than a plan's limit and two plans of an exclusive group, whoever writes and when."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, connections, transaction

from huzhu.cover.models import Cover
from huzhu.shared import postgres
from huzhu.shared.calendar import add_months
from tests.factories import enrolment as make
from tests.factories import plans

DAY = dt.date(2025, 9, 1)


def row(entry, version, *, start=DAY, end=None, shares=1) -> Cover:
    """A cover, not yet written."""
    return Cover(
        worker_id=entry.worker_id,
        plan_id=version.plan_id,
        plan_version_id=version.pk,
        employer_id=entry.employer_id,
        name=entry.name,
        name_initials=entry.name_initials,
        number_masked="4401**********0001",
        share_count=shares,
        contribution_amount=version.contribution_amount,
        coverage_start=start,
        coverage_end=end or add_months(start, version.term_months),
        cover_class="first",
        full_from=start,
        added_full_from=start,
        created_at=make.NOON,
    )


@pytest.mark.django_db
class TestOneWriter:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ((DAY, dt.date(2026, 9, 1)), (DAY, dt.date(2026, 9, 1))),
            ((DAY, dt.date(2026, 9, 1)), (dt.date(2026, 8, 31), dt.date(2027, 8, 31))),
            ((DAY, dt.date(2026, 9, 1)), (dt.date(2025, 1, 1), dt.date(2025, 9, 2))),
            ((DAY, dt.date(2026, 9, 1)), (dt.date(2025, 10, 1), dt.date(2025, 10, 2))),
        ],
    )
    def test_a_day_in_common_is_refused(self, first, second):
        (entry,) = make.people(make.an_employer())
        version = plans.version("HOSP25")
        row(entry, version, start=first[0], end=first[1]).save()

        with pytest.raises(IntegrityError, match="more shares"), transaction.atomic():
            row(entry, version, start=second[0], end=second[1]).save()

    @pytest.mark.parametrize("start", [dt.date(2026, 9, 1), dt.date(2024, 9, 1)])
    def test_periods_that_touch_are_fine(self, start):
        (entry,) = make.people(make.an_employer())
        version = plans.version("HOSP25")
        row(entry, version).save()

        row(entry, version, start=start).save()

    def test_shares_add_up_to_the_limit_across_employers(self):
        (entry,) = make.people(make.an_employer())
        other = make.also_at(entry, make.an_employer())
        version = plans.version("CI25-A")  # five shares
        row(entry, version, shares=3).save()
        row(other, version, shares=2, start=dt.date(2026, 1, 1)).save()

        with pytest.raises(IntegrityError), transaction.atomic():
            row(other, version, shares=1, start=dt.date(2027, 1, 1)).save()

    def test_the_limit_holds_on_every_day_not_over_the_sum_of_all_days(self):
        (entry,) = make.people(make.an_employer())
        version = plans.version("CI25-A")
        row(entry, version, shares=3, start=dt.date(2025, 1, 1), end=dt.date(2025, 6, 1)).save()
        row(entry, version, shares=3, start=dt.date(2025, 6, 1), end=dt.date(2026, 1, 1)).save()

        row(entry, version, shares=2, start=dt.date(2025, 1, 1), end=dt.date(2026, 1, 1)).save()

    def test_one_statement_with_two_covers_of_one_person_is_refused(self):
        (entry,) = make.people(make.an_employer())
        version = plans.version("HOSP25")
        with pytest.raises(IntegrityError), transaction.atomic():
            Cover.objects.bulk_create([row(entry, version), row(entry, version)])

    def test_more_shares_than_the_limit_in_one_cover_are_refused(self):
        (entry,) = make.people(make.an_employer())
        with pytest.raises(IntegrityError), transaction.atomic():
            row(entry, plans.version("HOSP25"), shares=2).save()

    def test_two_plans_of_an_exclusive_group_are_refused_only_while_they_overlap(self):
        (entry,) = make.people(make.an_employer())
        row(entry, plans.version("CI25-A"), end=dt.date(2026, 9, 1)).save()

        with pytest.raises(IntegrityError, match="exclusive"), transaction.atomic():
            row(entry, plans.version("CI25-B"), start=dt.date(2026, 8, 31)).save()
        row(entry, plans.version("CI25-B"), start=dt.date(2026, 9, 1)).save()

    def test_a_change_is_guarded_like_a_new_row(self):
        (entry,) = make.people(make.an_employer())
        version = plans.version("HOSP25")
        row(entry, version).save()
        later = row(entry, version, start=dt.date(2026, 9, 1))
        later.save()

        with pytest.raises(IntegrityError), transaction.atomic():
            Cover.objects.filter(pk=later.pk).update(coverage_start=dt.date(2026, 8, 1))

    def test_other_people_and_plans_do_not_matter(self):
        first, second = make.people(make.an_employer(), 2)
        Cover.objects.bulk_create(
            [
                row(first, plans.version("HOSP25")),
                row(second, plans.version("HOSP25")),
                row(first, plans.version("ACC25")),
            ]
        )


def race(threads: int, write: Callable[[int], None]) -> list[BaseException | None]:
    """Start `write` in so many threads at one moment, each on a connection of its own; what each ended with."""
    barrier = threading.Barrier(threads)
    ends: list[BaseException | None] = [None] * threads

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            with transaction.atomic():
                write(number)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.02)")  # the others write while this one has not committed
        except Exception as error:  # what the database answered is the result
            ends[number] = error
        finally:
            connections.close_all()

    runners = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(timeout=60)
    return ends


def as_owner(name: str, statement: str) -> None:
    """Run a statement as the owner of the tables, who alone can switch the guard off."""
    url = postgres.url_for(os.environ["HUZHU_TEST_SERVER_URL"], role=postgres.OWNER, name=name)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(statement)


def everybody_at_once(threads: int) -> list[BaseException | None]:
    """One person, covered through as many employers as there are threads, at one moment."""
    (entry,) = make.people(make.an_employer())
    entries = [make.also_at(entry, make.an_employer()) for _ in range(threads)]
    version = plans.version("HOSP25")
    return race(threads, lambda number: row(entries[number], version).save())


@pytest.mark.parametrize("threads", [2, 8, 24])
def test_of_many_writers_at_once_one_wins(own_database, threads):
    ends = everybody_at_once(threads)

    assert sum(end is None for end in ends) == 1
    assert all(isinstance(end, IntegrityError) for end in ends if end is not None)
    assert Cover.objects.count() == 1


def test_without_the_trigger_all_of_them_win(own_database):
    as_owner(own_database, "ALTER TABLE cover_cover DISABLE TRIGGER cover_guard_insert")

    assert everybody_at_once(8) == [None] * 8
    assert Cover.objects.count() == 8


def test_without_the_lock_the_trigger_alone_lets_several_win(own_database):
    as_owner(
        own_database,
        "CREATE OR REPLACE FUNCTION cover_lock_workers(workers bigint[]) RETURNS void LANGUAGE sql AS 'SELECT'",
    )

    ends = everybody_at_once(8)

    assert sum(end is None for end in ends) > 1


@transaction.atomic
def write_at(level: str, cover: Cover) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    cover.save()


def test_another_isolation_level_is_refused(own_database):
    (entry,) = make.people(make.an_employer())
    version = plans.version("HOSP25")
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with pytest.raises(InternalError, match="read committed only"):
            write_at(level, row(entry, version))
    with transaction.atomic():
        row(entry, version).save()


def test_batches_in_opposite_orders_do_not_deadlock(own_database):
    version = plans.version("CI25-A")
    entries = make.people(make.an_employer(), 300)

    def write(number: int) -> None:
        mine = entries if number % 2 else list(reversed(entries))
        Cover.objects.bulk_create([row(entry, version) for entry in mine])

    assert race(5, write) == [None] * 5  # five shares are allowed
    assert Cover.objects.count() == 1500


def test_the_application_cannot_switch_the_guard_off(own_database):
    with pytest.raises(ProgrammingError, match="must be owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cover_cover DISABLE TRIGGER cover_guard_insert")
