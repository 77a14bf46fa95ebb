"""单位账号: its people, who asks to come in, who is invited, and who hands over to whom."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from huzhu.accounts import scope
from huzhu.accounts.models import User
from huzhu.accounts.roles import EmployerRole
from huzhu.employers.models.employer import Employer, OfEmployerQuerySet
from huzhu.employers.states import (
    HAND_OVER,
    INVITATION,
    JOINING,
    HandOverState,
    InvitationState,
    JoinState,
)
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Places in employers' accounts somebody may see."""

    def visible_to(self, actor: Actor) -> MembershipQuerySet:
        """An employer's people see those of their own account, staff those of their branch's subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")

    def live(self) -> MembershipQuerySet:
        """Those that have not ended."""
        return self.filter(ended_at__isnull=True)


class Membership(models.Model):
    """
    One person's place in one employer's account, with roles. A person may be a member of several employers.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=10, choices=EmployerRole))
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = MembershipQuerySet.as_manager()

    privacy = data_classes(internal="id user employer roles since ended_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "employer"], condition=Q(ended_at__isnull=True), name="one_live_membership"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="no_staff_of_that_subtree",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__ended_at__isnull=True),
                # The other wall of rulebook §1's two-person rule; its twin stands on staff posts.
                func="""
                    IF EXISTS (
                        SELECT FROM accounts_staffpost p JOIN accounts_user staff ON staff.id = p.user_id AND staff.is_active
                        JOIN accounts_branch ours ON ours.id = p.branch_id
                        JOIN accounts_user member ON member.id = NEW.user_id AND member.mobile = staff.mobile
                        JOIN employers_employer e ON e.id = NEW.employer_id
                        JOIN accounts_branch theirs ON theirs.id = e.branch_id AND theirs.path LIKE ours.path || '%'
                    ) THEN RAISE EXCEPTION 'a member of an employer in the own subtree' USING ERRCODE = 'check_violation';
                    END IF; RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.employer}"


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    """Requests to join somebody may see."""

    def visible_to(self, actor: Actor) -> JoinRequestQuerySet:
        """An employer's people see those addressed to their own account, staff those of their branch's subtree."""
        return scope.narrow(self, actor, employer="employer_id", branch="employer__branch")


class JoinRequest(models.Model):
    """
    Somebody who wanted to register an employer that has an account already, asking its owner to be let in (申请加入).
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="join_requests")
    name = models.CharField(max_length=80)
    mobile = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=JoinState, default=JoinState.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer note state asked_at decided_at decided_by_id reason", personal="name mobile"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "mobile"], condition=Q(state="asked"), name="one_open_join_request"
            )
        ]
        triggers = JOINING.triggers()


class Invitation(models.Model):
    """
    An owner's wish to have somebody in the account. It is known by the mobile it was sent to: whoever proves that mobile may
    accept it, once, until it expires; there is no secret to be passed on.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="invitations")
    name = models.CharField(max_length=80)
    mobile = models.CharField(max_length=20)
    roles = ArrayField(models.CharField(max_length=10, choices=EmployerRole))
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.INVITED)
    invited_at = models.DateTimeField()
    invited_by_id = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField()  # the latest message; the time to accept counts from here
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    objects = OfEmployerQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer roles state invited_at invited_by_id sent_at expires_at decided_at",
        personal="name mobile",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "mobile"], condition=Q(state="invited"), name="one_open_invitation"
            )
        ]
        indexes = [models.Index(fields=["mobile"], name="invitation_mobile")]
        triggers = INVITATION.triggers()

    def __str__(self) -> str:
        return f"{self.name} → {self.employer}"


class HandOver(models.Model):
    """
    经办人交接: another person becomes an employer's handler, who is its contact for business, messages and renewals.

    offered: the handler has named a successor, who proves the mobile and takes over at once. pending: the handler cannot any
    more, so the stamped form (`form_id`) waits for the registrar. returned: the form is to be mended. `objection` is what the
    present handler says against a form; the registrar weighs it.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="hand_overs")
    former_name = models.CharField(max_length=80)
    former_mobile = models.CharField(max_length=20)
    name = models.CharField(max_length=80)  # of the successor
    mobile = models.CharField(max_length=20)
    former_leaves = models.BooleanField()
    form_id = models.UUIDField(null=True)  # documents.StoredFile
    state = models.CharField(max_length=10, choices=HandOverState)
    round = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=300, blank=True)
    objection = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by_person = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True)  # of an offer
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for

    objects = OfEmployerQuerySet.as_manager()

    privacy = data_classes(
        internal="id employer former_leaves form_id state round reason objection asked_at expires_at decided_at decided_by_id",
        personal="former_name former_mobile name mobile asked_by_person decided_by_person decided_for_person",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "mobile"],
                condition=Q(state__in=["offered", "pending", "returned"]),
                name="one_open_hand_over_per_successor",
            ),
            models.UniqueConstraint(fields=["employer"], condition=Q(state="offered"), name="one_offer_at_a_time"),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "declined", "expired"], form_id__isnull=True)
                | Q(state__in=["pending", "returned", "rejected"], form_id__isnull=False)
                | Q(state__in=["done", "withdrawn"]),
                name="only_a_form_is_reviewed",
            ),
            two_persons.decider_is_another(
                "asked_by_person", "mobile", "former_mobile", name="hand_over_decided_by_another"
            ),
            two_persons.decided_by_somebody(
                Q(state="done", form_id__isnull=False), name="hand_over_approved_by_somebody"
            ),
            models.CheckConstraint(condition=~Q(mobile=F("former_mobile")), name="handed_to_somebody_else"),
        ]
        indexes = [
            models.Index(fields=["mobile"], name="hand_over_mobile"),
            models.Index(fields=["state", "asked_at"], name="hand_over_queue"),
        ]
        triggers = [*HAND_OVER.triggers(), *two_persons.true_persons("asked_by_person", "mobile", "former_mobile")]

    def __str__(self) -> str:
        return f"{self.employer}：{self.former_name} → {self.name}"
