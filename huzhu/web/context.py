"""What every page's shell shows: who is signed in, for which employer or branch, and which pages are open to them."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from huzhu.web import access


def shell(request: HttpRequest) -> dict[str, object]:
    """The names the base templates read."""
    actor = getattr(request, "actor", None)
    table = access.get_table()

    def may_open(name: str) -> bool:
        return name in table and table[name].admits(actor)

    return {
        "association_name": settings.ASSOCIATION_NAME,
        "is_demo": settings.DEMO,
        "actor": actor,
        "employer": getattr(request, "employer", None),
        "memberships": getattr(request, "memberships", []),
        "post": getattr(request, "post", None),
        "may_open": may_open,
    }
