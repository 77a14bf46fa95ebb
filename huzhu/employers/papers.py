"""经办人变更申请表: what it says, from the records; `documents.typesetting` sets it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from huzhu.documents import contents, typesetting
from huzhu.employers.models import Employer
from huzhu.shared.calendar import local_date


def make_hand_over_form(*, employer: Employer | None = None, name: str = "", at: datetime) -> bytes:
    """
    This function will set the form that an employer stamps when its handler changes; what is not known is left to be written.
    """
    paper = contents.HandOverForm(
        association=contents.Association(name=settings.ASSOCIATION_NAME),
        qr_text=f"{settings.PUBLIC_URL.rstrip('/')}/hand-over/",
        demo=settings.DEMO,
        made_on=local_date(at),
        employer_name=employer.name if employer else "",
        credit_code=employer.credit_code if employer else "",
        former_name=employer.handler_name if employer else "",
        name=name,
    )
    return typesetting.typeset_paper(paper=paper, made_on=paper.made_on)
