"""Who may see what an employer uploaded or did."""

from __future__ import annotations

from django.db import models

from huzhu.accounts import scope
from huzhu.shared.actors import Actor


class EmployersOwnQuerySet(models.QuerySet):
    """Uploaded files and lists: an employer's people see their own, the system all, nobody else any."""

    def visible_to(self, actor: Actor) -> EmployersOwnQuerySet:
        """The rows of the employer in front."""
        return scope.narrow(self, actor, employer="employer_id")
