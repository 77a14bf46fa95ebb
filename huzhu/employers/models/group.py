"""上下级关系: which employer stands under which."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.employers.models.employer import Employer
from huzhu.employers.states import (
    GROUP_LINK,
    LinkState,
)
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes


class GroupLinkQuerySet(models.QuerySet["GroupLink"]):
    """Links of a group somebody may see."""

    def visible_to(self, actor: Actor) -> GroupLinkQuerySet:
        """An employer's people see the links in which theirs is head or subsidiary, never those between others."""
        employers = Employer.objects.visible_to(actor)
        return self.filter(Q(head__in=employers) | Q(subsidiary__in=employers))


class GroupLink(models.Model):
    """
    上下级关系: one subsidiary under one head, asked by either side and confirmed by the other. One parent at a time.
    """

    head = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="links_down")
    subsidiary = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="links_up")
    requested_by_head = models.BooleanField()
    state = models.CharField(max_length=10, choices=LinkState, default=LinkState.REQUESTED)
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = GroupLinkQuerySet.as_manager()

    privacy = data_classes(internal="id head subsidiary requested_by_head state requested_at decided_at ended_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subsidiary"], condition=Q(state__in=["requested", "confirmed"]), name="one_parent_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(head=F("subsidiary")), name="no_link_to_itself"),
        ]
        triggers = GROUP_LINK.triggers()
