"""参数: what the association decides and may decide otherwise one day. Each value is a row from a day on; rows stay."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.parameters.rules import DEFINITIONS, Definition, Value
from huzhu.parameters.states import CHANGE, ChangeState
from huzhu.shared import two_persons
from huzhu.shared.actors import Actor
from huzhu.shared.privacy import data_classes

FACTS = [
    "key",
    "branch",
    "value",
    "effective_from",
    "reason",
    "needs_second_person",
    "proposed_at",
    "proposed_by_id",
    "proposed_by_name",
    "proposed_by_person",
    "proposed_for_person",
]


class ParameterChangeQuerySet(models.QuerySet["ParameterChange"]):
    """Changes somebody may see."""

    def visible_to(self, actor: Actor) -> ParameterChangeQuerySet:
        """Staff see those for the whole association, and those of branches in their subtree or above it."""
        if scope.get_subtree(actor) is None:
            return self.none()
        own = Q(branch__in=Branch.objects.visible_to(actor)) | Q(branch__path__in=scope.get_paths_over(actor))
        return self.filter(Q(branch__isnull=True) | own)


class ParameterChange(models.Model):
    """
    One value of one parameter from a day on, for the whole association or for a branch and those below; who wanted it and why.
    Where money hangs on it, it holds only once a second person has confirmed it.
    """

    key = models.CharField(max_length=40)
    branch = models.ForeignKey(Branch, null=True, on_delete=models.PROTECT, related_name="+")
    value = models.CharField(max_length=40)
    effective_from = models.DateField()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ChangeState)
    needs_second_person = models.BooleanField()
    proposed_at = models.DateTimeField()
    proposed_by_id = models.BigIntegerField(null=True)
    proposed_by_name = models.CharField(max_length=80)
    proposed_by_person = models.CharField(max_length=20)
    proposed_for_person = models.CharField(max_length=20, blank=True)  # whom the proposer stood in for
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True)
    decided_by_person = models.CharField(max_length=20, blank=True)
    decided_for_person = models.CharField(max_length=20, blank=True)  # whom a deputy stood in for
    refusal = models.CharField(max_length=200, blank=True)

    objects = ParameterChangeQuerySet.as_manager()

    privacy = data_classes(
        internal="id key branch value effective_from reason state needs_second_person proposed_at proposed_by_id "
        "decided_at decided_by_id refusal",
        personal="proposed_by_name proposed_by_person proposed_for_person decided_by_name decided_by_person "
        "decided_for_person",
    )

    class Meta:
        indexes = [models.Index(fields=["key", "effective_from", "id"], name="parameter_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "branch"],
                condition=Q(state="proposed"),
                nulls_distinct=False,
                name="one_open_change_per_parameter",
            ),
            # Who wants a change that money hangs on is not who confirms it (rulebook §1, two-person rule).
            two_persons.decider_is_another(
                "proposed_by_person", "proposed_for_person", name="parameter_decided_by_another"
            ),
            two_persons.decided_by_somebody(
                Q(state="refused") | Q(state="confirmed", needs_second_person=True),
                name="parameter_decided_by_somebody",
            ),
        ]
        triggers = [
            *CHANGE.triggers(),
            *two_persons.true_persons("proposed_by_person", "proposed_for_person"),
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="facts",
                fields=FACTS,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                func="RAISE EXCEPTION 'values of parameters stay' USING ERRCODE = 'check_violation'; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition.label}：{self.words}"

    @property
    def definition(self) -> Definition:
        """What the parameter decides."""
        return DEFINITIONS[self.key]

    @property
    def read_value(self) -> Value:
        """The value in its own kind."""
        return self.definition.read(self.value)

    @property
    def words(self) -> str:
        """The value in words."""
        return self.definition.tell(self.read_value)
