"""The people on a policy as both audiences' pages show them: a page of them, or those whose name was posted."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest

from huzhu.policies import queries
from huzhu.policies.models import Policy
from huzhu.web.presenters import policies as presenter

LONGEST_WORDS = 50


def get_people(request: HttpRequest, policy: Policy, *, today: date) -> dict[str, object]:
    """
    This function will give the context of the list of people: rows, keys of the neighbouring pages, and the words looked for.

    Names are posted and stand in no address; with words the keys are posted with them.
    """
    asked = request.POST if request.method == "POST" else request.GET
    words = request.POST.get("words", "").replace("\0", "").strip()[:LONGEST_WORDS]
    page = queries.get_members(
        policy=policy, by=request.actor, words=words, after=_key(asked.get("after")), before=_key(asked.get("before"))
    )
    return {"members": presenter.get_members(page.rows, today=today), "page": page, "words": words}


def _key(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
