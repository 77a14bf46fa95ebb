"""公告: what the association tells chosen employers, whom it was addressed to, and who has read it."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.announcements.states import ANNOUNCEMENT, AnnouncementState, Audience
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor, Side
from huzhu.shared.privacy import data_classes
from huzhu.shared.workflow import append_only

TOLD = (AnnouncementState.PUBLISHED, AnnouncementState.WITHDRAWN)
WORDS = (
    "title",
    "body",
    "audience",
    "branch_ids",
    "kinds",
    "employer_ids",
    "branch_id",
    "recipient_count",
    "published_at",
)


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    """Announcements somebody may see."""

    def visible_to(self, actor: Actor) -> AnnouncementQuerySet:
        """
        Staff see those of their branch's subtree, and what branches above told employers of theirs; an employer's people what was
        sent to their employer, also when it was withdrawn; nobody else sees any.
        """
        if actor.side != Side.OFFICE:
            return scope.narrow(self, actor, branch="branch", employer="recipients__employer_id")
        told = AnnouncementRecipient.objects.visible_to(actor).filter(announcement=OuterRef("pk"))
        above = Q(branch__path__in=scope.get_paths_over(actor)) & Q(state__in=TOLD) & Exists(told)
        return self.filter(
            Q(pk__in=scope.narrow(self.model.objects.all(), actor, branch="branch").values("pk")) | above
        )

    def with_read_by(self, actor: Actor) -> AnnouncementQuerySet:
        """Each with `is_read`: whether this person has read it for the employer in front."""
        return self.annotate(is_read=Exists(_reads_of(actor)))

    def unread_by(self, actor: Actor) -> AnnouncementQuerySet:
        """Those in force that this person has not read for the employer in front."""
        return self.filter(~Exists(_reads_of(actor)), state=AnnouncementState.PUBLISHED)


class Announcement(models.Model):
    """
    One text of a branch to chosen employers of its subtree.

    draft: being written, seen by staff only. scheduled: goes out on its day. published: its addressees are fixed. withdrawn: not
    sent, or taken back with a reason that the addressees see in place of the text. `version` counts the edits: who publishes names
    the one that was previewed.
    """

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    body = models.TextField()
    audience = models.CharField(max_length=10, choices=Audience)
    branch_ids = ArrayField(models.BigIntegerField(), default=list)
    kinds = ArrayField(models.CharField(max_length=30), default=list)
    employer_ids = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(max_length=10, choices=AnnouncementState, default=AnnouncementState.DRAFT)
    version = models.PositiveSmallIntegerField(default=1)
    publish_on = models.DateField(null=True)
    written_at = models.DateTimeField()
    written_by_name = models.CharField(max_length=80)
    published_at = models.DateTimeField(null=True)
    recipient_count = models.PositiveIntegerField(default=0)
    reminded_on = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_name = models.CharField(max_length=80, blank=True)
    withdrawal_reason = models.CharField(max_length=200, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    privacy = data_classes(
        internal="id branch title body audience branch_ids kinds employer_ids state version publish_on written_at published_at "
        "recipient_count reminded_on withdrawn_at withdrawal_reason",
        personal="written_by_name withdrawn_by_name",
    )

    class Meta:
        indexes = [models.Index(fields=["state", "publish_on"], name="announcement_due")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="published_has_its_moment"
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(publish_on__isnull=False), name="scheduled_has_its_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
                name="withdrawn_has_its_reason",
            ),
        ]
        triggers = [
            *ANNOUNCEMENT.triggers(),
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            append_only()[1],
            pgtrigger.Trigger(
                name="words_stay",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.state IN ('published', 'withdrawn')"),
                func="IF "
                + " OR ".join(f"NEW.{field} IS DISTINCT FROM OLD.{field}" for field in WORDS)
                + " THEN RAISE EXCEPTION 'what was announced stays as it was' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_in_force(self) -> bool:
        """Whether employers are asked to read it."""
        return self.state == AnnouncementState.PUBLISHED

    @property
    def was_told(self) -> bool:
        """Whether employers have ever seen it."""
        return self.published_at is not None


class RecipientQuerySet(models.QuerySet["AnnouncementRecipient"]):
    """Addressees somebody may see."""

    def visible_to(self, actor: Actor) -> RecipientQuerySet:
        """Staff see the employers of their branch's subtree; an employer's people their own."""
        return scope.narrow(self, actor, branch="employer__branch", employer="employer_id")

    def read(self) -> RecipientQuerySet:
        """Those of which somebody has read it."""
        return self.filter(Exists(_reads_for_row()))

    def unread(self) -> RecipientQuerySet:
        """Those of which nobody has read it."""
        return self.filter(~Exists(_reads_for_row()))


class AnnouncementRecipient(models.Model):
    """
    One employer that an announcement was addressed to. Who was addressed stays addressed, wherever the employer moves later.
    """

    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT, related_name="recipients")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")

    objects = RecipientQuerySet.as_manager()

    privacy = data_classes(internal="id announcement employer")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["announcement", "employer"], name="addressed_once")]
        triggers = append_only()


class ReadQuerySet(models.QuerySet["AnnouncementRead"]):
    """Receipts somebody may see."""

    def visible_to(self, actor: Actor) -> ReadQuerySet:
        """Staff see those of the employers of their branch's subtree; an employer's people their own employer's."""
        return scope.narrow(self, actor, branch="employer__branch", employer="employer_id")


class AnnouncementRead(models.Model):
    """
    One person's receipt: first read for one employer. Two people of one employer make two receipts and one employer that has read.
    """

    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT, related_name="reads")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=80)
    read_at = models.DateTimeField()

    objects = ReadQuerySet.as_manager()

    privacy = data_classes(internal="id announcement employer user_id read_at", personal="user_name")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announcement", "employer", "user_id"], name="one_receipt_per_person")
        ]
        triggers = append_only()


def _reads_of(actor: Actor) -> models.QuerySet[AnnouncementRead]:
    return AnnouncementRead.objects.filter(
        announcement=OuterRef("pk"), employer_id=actor.employer_id or 0, user_id=actor.user_id or 0
    )


def _reads_for_row() -> models.QuerySet[AnnouncementRead]:
    return AnnouncementRead.objects.filter(
        announcement_id=OuterRef("announcement_id"), employer_id=OuterRef("employer_id")
    )
