"""Forms that were sent and had an effect: what they were answered, so that sending one again has no second effect (ADR 29)."""

from django.db import models

from huzhu.shared.privacy import data_classes


class SentForm(models.Model):
    """
    One form that was sent, by the hidden key it was made with. Written in the transaction of its effect, kept seven days.
    """

    key = models.UUIDField()
    action = models.CharField(max_length=200)  # the address it was sent to, apart for fragments
    actor = models.CharField(max_length=60)
    body = models.UUIDField()  # keyed fingerprint of everything that was typed and of the files
    status = models.PositiveSmallIntegerField()
    answer = models.BinaryField()  # sealed: where to go, what is said there, the fragment
    seal_id = models.UUIDField()
    made_at = models.DateTimeField()

    privacy = data_classes(internal="id key action actor body status seal_id made_at", sensitive="answer")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "action", "actor"], name="submission_once")]
        indexes = [models.Index(fields=["made_at"], name="submission_made_at")]

    def __str__(self) -> str:
        return f"{self.action} {self.status}"
