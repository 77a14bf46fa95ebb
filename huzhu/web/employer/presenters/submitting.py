"""Step 6: what still stops submitting, each thing with the link that leads to where it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.queries import Missing

PAGES = {
    "plans": "employer:wizard-plans",
    "people": "employer:wizard-people",
    "confirm": "employer:wizard-members",
    "proofs": "employer:wizard-proofs",
    "dates": "employer:wizard-dates",
}


@dataclass(frozen=True, kw_only=True)
class MissingLine:
    """One line of the list."""

    text: str
    url: str
    tone: str
    icon: str


def get_missings(*, application: EnrolmentApplication, missing: Sequence[Missing]) -> list[MissingLine]:
    """
    This function will turn what is missing into lines with links.
    """
    return [_line(application, each) for each in missing]


def _line(application: EnrolmentApplication, missing: Missing) -> MissingLine:
    url = reverse(PAGES[missing.step], args=[application.pk])
    if missing.kind == "blocking":
        url += f"?code={missing.code}#rows"
    elif missing.kind == "proof_missing":
        url += f"#slot-{missing.code}"
    waits = missing.kind == "proof_missing"
    return MissingLine(
        text=missing.text,
        url=url,
        tone="waits" if waits else "stops",
        icon="paperclip" if waits else "ban",
    )
