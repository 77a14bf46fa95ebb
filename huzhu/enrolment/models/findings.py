"""What the checks found."""

from __future__ import annotations

from django.db import models

from huzhu.enrolment.models.application import ApplicationMember, ApplicationPlan, EnrolmentApplication
from huzhu.enrolment.states import ProofKind, Severity
from huzhu.shared.privacy import data_classes


class FoundByRule(models.Model):
    """What one rule found, with the rule's version and inputs."""

    code = models.CharField(max_length=30)
    severity = models.CharField(max_length=6, choices=Severity)
    rule_version = models.PositiveSmallIntegerField()
    proof_kind = models.CharField(max_length=30, choices=ProofKind, blank=True)
    inputs = models.JSONField(default=dict)
    is_for_reviewers = models.BooleanField(default=False)  # what other employers say: never shown to the employer

    class Meta:
        abstract = True


class RecordedFinding(FoundByRule):
    """
    What a precheck found and wrote down about one person in one plan, a plan, or the whole application. Who enrols for the first
    time, renews or lapsed stands on the member's own row and is not written a second time; `Finding` reads both.
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.CASCADE, related_name="recorded_findings")
    application_plan = models.ForeignKey(ApplicationPlan, null=True, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(ApplicationMember, null=True, on_delete=models.CASCADE, related_name="recorded_findings")

    privacy = data_classes(
        internal="id application application_plan member code severity rule_version proof_kind is_for_reviewers",
        personal="inputs",
    )

    class Meta:
        db_table = "enrolment_finding"
        indexes = [models.Index(fields=["application", "severity", "code"], name="finding_list")]


class Finding(FoundByRule):
    """
    All findings as people read them: those recorded, and of everybody the class of cover with its waiting days (a view).
    """

    application = models.ForeignKey(EnrolmentApplication, on_delete=models.DO_NOTHING, related_name="findings")
    application_plan = models.ForeignKey(ApplicationPlan, null=True, on_delete=models.DO_NOTHING, related_name="+")
    member = models.ForeignKey(ApplicationMember, null=True, on_delete=models.DO_NOTHING, related_name="findings")

    privacy = data_classes(
        internal="id application application_plan member code severity rule_version proof_kind is_for_reviewers",
        personal="inputs",
    )

    class Meta:
        managed = False
        db_table = "enrolment_shownfinding"
