"""The catalogue comes into the database whole, once, with what is assumed marked."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from huzhu.journeys import plan_cases
from huzhu.plans import queries
from huzhu.plans.models import Plan, PlanVersion
from huzhu.shared.actors import system_actor

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue() -> None:
    plan_cases.load_catalogue(by=system_actor(), at=NOON)


def test_every_plan_of_the_catalogue_is_there():
    assert set(Plan.objects.values_list("code", flat=True)) == {
        "CI25-A", "CI25-B", "WCI25", "HOSP25", "SELF25", "ACC25", "CASH25", "MED06-A", "WOM06-A", "HOSP06", "CASH06",
    }  # fmt: skip


def test_loading_again_changes_nothing():
    assert plan_cases.load_catalogue(by=system_actor(), at=NOON) == []


def test_only_the_open_generation_is_on_sale():
    on_sale = queries.get_on_sale(day=date(2026, 11, 23))
    assert {version.plan.generation for version in on_sale} == {"2025"}
    assert on_sale.count() == 7


def test_assumed_figures_are_named_as_in_our_table():
    version = PlanVersion.objects.get(plan__code="HOSP25")
    columns = {field.name for field in PlanVersion._meta.get_fields()} | {
        "variant",
        "duplicate_rule",
        "waiting_applies_to",
    }
    assert version.contribution_amount == Decimal(95)
    for version in PlanVersion.objects.all():
        assert set(version.assumed_fields) <= columns


@pytest.mark.parametrize(
    ("code", "chain"),
    [
        ("CI25-A", {"CI25-A", "CI25-B", "MED06-A"}),
        ("HOSP25", {"HOSP25", "HOSP06"}),
        ("SELF25", {"SELF25"}),
    ],
)
def test_a_chain_is_the_plan_what_it_renews_and_its_exclusive_group(code, chain):
    ids = queries.get_chain(version=PlanVersion.objects.get(plan__code=code))
    assert set(Plan.objects.filter(pk__in=ids).values_list("code", flat=True)) == chain
