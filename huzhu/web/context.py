"""What every page's shell shows: who is signed in, for which employer or branch."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """The names the base templates read."""
    return {
        "association_name": settings.ASSOCIATION_NAME,
        "is_demo": settings.DEMO,
        "actor": getattr(request, "actor", None),
        "employer": getattr(request, "employer", None),
        "memberships": getattr(request, "memberships", []),
        "post": getattr(request, "post", None),
    }
