"""Questions about the versions of a policy: which there are, who is on one, and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from huzhu.cover.models import Cover
from huzhu.policies.models import Departure, Policy, PolicyVersion, VersionCause

PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One person a version added, or who had left by it; `departure` tells of those."""

    cover: Cover
    departure: Departure | None = None


@dataclass(frozen=True, kw_only=True)
class ChangedPage:
    """One page of what a version changed; `next_after` is the key of the next page, None on the last one."""

    rows: Sequence[Changed]
    next_after: int | None


def get_versions(*, policy: Policy) -> list[PolicyVersion]:
    """
    This function will give every version of a policy, the latest first, with the applications that brought their people.
    """
    return list(policy.versions.select_related("application").order_by("-number"))


def get_version(*, policy: Policy, number: int | None = None) -> PolicyVersion:
    """
    This function will give one version of a policy, the latest where no number is named.

    :raises PolicyVersion.DoesNotExist: if the policy has no such version
    """
    found = policy.versions.select_related("application").order_by("-number")
    version = (found if number is None else found.filter(number=number)).first()
    if version is None:
        raise PolicyVersion.DoesNotExist
    version.policy = policy
    return version


def get_covers(*, version: PolicyVersion) -> QuerySet[Cover]:
    """
    This function will give the covers of a version: those its application and the ones before brought.
    """
    brought = PolicyVersion.objects.filter(
        policy_id=version.policy_id, number__lte=version.number, application__isnull=False
    )
    return Cover.objects.filter(policy_id=version.policy_id, application_id__in=brought.values("application_id"))


def get_departures(*, version: PolicyVersion) -> QuerySet[Departure]:
    """
    This function will give who had left by a version.
    """
    return Departure.objects.filter(version__policy_id=version.policy_id, version__number__lte=version.number)


def get_changed(*, version: PolicyVersion) -> list[Changed]:
    """
    This function will give everybody a version changed, by name initials; nobody for the first one, which changes nothing.
    """
    if version.cause == VersionCause.ISSUED:
        return []
    if version.cause == VersionCause.MEMBERS_ADDED:
        added = Cover.objects.filter(policy_id=version.policy_id, application_id=version.application_id)
        return [Changed(cover=cover) for cover in added.order_by("name_initials", "pk")]
    departures = version.departures.select_related("cover").order_by("cover__name_initials", "cover_id")
    return [Changed(cover=each.cover, departure=each) for each in departures]


def get_changed_page(*, version: PolicyVersion, after: int = 0, limit: int = PAGE) -> ChangedPage:
    """
    This function will give one page of whom a version changed, or, of the first, of those it began with.

    :param after: id of the last cover of the page before
    """
    if version.cause == VersionCause.MEMBERS_REMOVED:
        left = version.departures.select_related("cover").filter(cover_id__gt=after).order_by("cover_id")
        rows = [Changed(cover=each.cover, departure=each) for each in left[: limit + 1]]
    else:
        added = Cover.objects.filter(policy_id=version.policy_id, application_id=version.application_id, pk__gt=after)
        rows = [Changed(cover=cover) for cover in added.order_by("pk")[: limit + 1]]
    shown = rows[:limit]
    return ChangedPage(rows=shown, next_after=shown[-1].cover.pk if len(rows) > limit else None)
