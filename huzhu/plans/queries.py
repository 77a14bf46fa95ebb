"""Questions about plans."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.db.models import Q, QuerySet

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.plans.models import Plan, PlanVersion, SaleWindow
from huzhu.plans.states import TOLD, VersionState, WindowKind


@dataclass(frozen=True, kw_only=True)
class Sale:
    """
    When a version is sold at a branch: the days, both included, and the row that says so; None where the version itself does.
    """

    opens_on: date | None
    closes_on: date | None
    is_offered: bool = True
    window: SaleWindow | None = None

    def holds(self, day: date) -> bool:
        """Test if the version may be chosen on a day."""
        opens, closes = self.opens_on or date.min, self.closes_on or date.max
        return self.is_offered and opens <= day <= closes


def get_on_sale(*, day: date, branch: Branch | None = None) -> QuerySet[PlanVersion]:
    """
    This function will give the plan versions that may be chosen on a day, in catalogue order; where a branch is given, at that
    branch. Two queries at most.
    """
    versions = (
        PlanVersion.objects.select_related("plan")
        .filter(state=VersionState.PUBLISHED)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .order_by("plan_id")
    )
    if branch is None:
        return versions
    shut = {
        pk
        for pk, windows in _get_windows(Q(effective_from__lte=day), branch=branch).items()
        if (window := _get_nearest(windows)) and not _get_window_sale(window).holds(day)
    }
    return versions.exclude(pk__in=shut) if shut else versions


def get_sale(version: PlanVersion, *, day: date, branch: Branch) -> Sale:
    """
    This function will tell when a version is sold at a branch, as it stands on a day: the branch's own days or those of the nearest
    branch above that has some, within the version's own.
    """
    own = Sale(
        opens_on=version.valid_from, closes_on=version.valid_to, is_offered=version.state == VersionState.PUBLISHED
    )
    windows = _get_windows(Q(effective_from__lte=day, version=version), branch=branch).get(version.pk, [])
    nearest = _get_nearest(windows)
    if nearest is None:
        return own
    sale = _get_window_sale(nearest)
    opens = [each for each in (own.opens_on, sale.opens_on) if each]
    closes = [each for each in (own.closes_on, sale.closes_on) if each]
    return Sale(
        opens_on=max(opens, default=None),
        closes_on=min(closes, default=None),
        is_offered=own.is_offered and sale.is_offered,
        window=nearest,
    )


def tell_why_not(version: PlanVersion, *, day: date, branch: Branch) -> str:
    """
    This function will say why a version cannot be chosen on a day at a branch, and what to do instead.
    """
    sale = get_sale(version, day=day, branch=branch)
    place = f"{sale.window.branch.name}" if sale.window else ""
    if sale.is_offered and sale.opens_on and day < sale.opens_on:
        return f"“{version.plan}”{place}自 {sale.opens_on} 起开放参保，请届时办理，或改选其他计划。"
    if sale.window and sale.window.kind == WindowKind.NONE:
        return f"“{version.plan}”{place}目前不开放参保，请改选其他计划，或咨询所属代办处。"
    newer = get_on_sale(day=day, branch=branch).filter(plan_id=version.plan_id).first()
    if newer is not None and newer.pk != version.pk:
        return f"“{version.plan}”已有新版本（第{newer.version}版），请去掉后重新选择，份数和费用按新版本。"
    if sale.window and sale.closes_on and day > sale.closes_on:
        return f"“{version.plan}”{place}参保已于 {sale.closes_on} 截止，请去掉该计划或改选其他计划。"
    return f"“{version.plan}”已停止参保，请去掉该计划或改选其他计划。"


def _get_windows(condition: Q, *, branch: Branch) -> dict[int, list[SaleWindow]]:
    """The rows that the branches above a branch, itself included, have made, by version, in the order in which they count."""
    rows = SaleWindow.objects.filter(condition, branch__path__in=scope.get_paths_above(branch)).select_related("branch")
    found: dict[int, list[SaleWindow]] = {}
    for row in rows.order_by("effective_from", "pk"):
        found.setdefault(row.version_id, []).append(row)
    return found


def _get_nearest(windows: Iterable[SaleWindow]) -> SaleWindow | None:
    """Of each branch the last row counts; of the branches the nearest that does not leave it to those above."""
    latest = {row.branch_id: row for row in windows}
    said = [row for row in latest.values() if row.kind != WindowKind.INHERIT]
    return max(said, key=lambda row: len(row.branch.path), default=None)


def _get_window_sale(window: SaleWindow) -> Sale:
    return Sale(
        opens_on=window.opens_on, closes_on=window.closes_on, is_offered=window.kind == WindowKind.OWN, window=window
    )


@cache
def get_documents() -> dict[str, str]:
    """
    The papers a benefit may ask for, by the catalogue's code.
    """
    with (Path(__file__).parent / "catalogue" / "plans.toml").open("rb") as file:
        return dict(tomllib.load(file)["documents"])


def get_former(version: PlanVersion) -> PlanVersion | None:
    """
    The version that was published before this one.
    """
    return version.plan.versions.told().filter(version__lt=version.version).order_by("-version").first()


def get_chain(*, version: PlanVersion) -> list[int]:
    """
    The ids of the plans whose cover a plan continues: itself, those it renews from, and its exclusive group (rulebook §4).
    """
    group = (
        Q(versions__exclusive_group=version.exclusive_group, versions__state__in=TOLD)
        if version.exclusive_group
        else Q()
    )
    known = Q(pk=version.plan_id) | Q(code__in=version.renews_from)
    return list(
        Plan.objects.filter(known | group if group else known).distinct().order_by("pk").values_list("pk", flat=True)
    )
