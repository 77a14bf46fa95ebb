"""Step 3: each kind of finding with the button that mends it, and what was taken off the list last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.urls import reverse

from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication
from huzhu.enrolment.states import ProofKind, Severity
from huzhu.ui.menus import url_or_none
from huzhu.web.presenters import people
from huzhu.web.presenters.people import Kind


@dataclass(frozen=True, kw_only=True)
class Mend:
    """One kind of finding with its way to mend it. `may_remove`: taking these people off the list settles it as well."""

    kind: Kind
    url: str
    label: str
    may_remove: bool
    is_information: bool


# Rule → the page where it is mended and the words of the button.
AT_ROSTER = ("id_invalid", "name_invalid", "not_in_service", "duplicate_in_list", "category_unknown")
AT_STEP = {
    "over_age": ("wizard-proofs", f"#slot-{ProofKind.IN_SERVICE_CERTIFICATE}", "上传在职证明"),
    "not_on_insurance_list": ("wizard-proofs", f"#slot-{ProofKind.DISPATCH_PROOF}", "上传证明"),
    "insurance_list_missing": ("wizard-proofs", "#insurance", "上传社保/医保名单"),
    "participation_floor": ("wizard-people", "", "增加人员"),
    "gap_risk": ("wizard-dates", "", "查看生效日期"),
    "exclusive_plan": ("wizard-dates", "", "调整生效日期"),
    "already_covered": ("wizard-dates", "", "调整生效日期"),
    "gift_not_eligible": ("wizard-plans", "#gifts", "查看赠送活动"),
}
NEVER_TOGETHER = {"category_unknown", "gap_risk", "duplicate_in_list", "gift_not_eligible"}


def get_kinds(*, application: EnrolmentApplication, unit: str) -> list[Mend]:
    """
    This function will give the findings by kind, gravest first, each with the button that does what it says.
    """
    links = get_links(application=application)
    return [_mend(kind, links) for kind in people.get_kinds(application=application, unit=unit)]


def get_links(*, application: EnrolmentApplication) -> dict[str, tuple[str, str]]:
    """
    This function will tell where each kind of finding is mended: address and words of the link.
    """
    links = {code: (url_or_none("employer:roster"), "去职工名册更正") for code in AT_ROSTER}
    for code, (page, place, label) in AT_STEP.items():
        links[code] = (reverse(f"employer:{page}", args=[application.pk]) + place, label)
    return links


def _mend(kind: Kind, links: dict[str, tuple[str, str]]) -> Mend:
    url, label = links.get(kind.code, ("", ""))
    information = kind.severity == Severity.INFO
    return Mend(
        kind=kind,
        url=url,
        label=label,
        may_remove=kind.is_about_people and not information and kind.code not in NEVER_TOGETHER,
        is_information=information,
    )


@dataclass(frozen=True, kw_only=True)
class LastRemoved:
    """How many rows were taken off the list together the last time, and when."""

    count: int
    at: datetime


def get_last_removed(*, application: EnrolmentApplication) -> LastRemoved | None:
    """
    This function will tell what 撤销 would bring back, in one statement.
    """
    removed = ApplicationMember.objects.filter(application=application, removed_at__isnull=False, lacks_gift=False)
    row = removed.values("removed_at").annotate(count=Count("pk")).order_by("-removed_at").first()
    return LastRemoved(count=row["count"], at=row["removed_at"]) if row else None


def get_last_removed_ids(*, application: EnrolmentApplication) -> list[int]:
    """
    This function will give the rows taken off the list together the last time.
    """
    last = get_last_removed(application=application)
    if last is None:
        return []
    rows = ApplicationMember.objects.filter(application=application, removed_at=last.at)
    return list(rows.values_list("pk", flat=True))
