"""How findings are ranked and people are filtered by them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from huzhu.enrolment.models import Finding
from huzhu.enrolment.states import Severity

NORMAL = "normal"  # the filter 正常: nobody objects
GRAVITY = {Severity.BLOCK: 0, Severity.PROOF: 1, Severity.WARN: 2, Severity.INFO: 3}


def visible_findings(application_id: int, *, for_reviewers: bool) -> QuerySet[Finding]:
    """The findings of an application; those for reviewers only where asked."""
    findings = Finding.objects.filter(application_id=application_id)
    return findings if for_reviewers else findings.filter(is_for_reviewers=False)


def severity_filter(severity: str, *, for_reviewers: bool) -> Q:
    """The rows under one filter: those with a finding of that severity; 正常 are those without block, proof and warning."""

    def has(*severities: str) -> Exists:
        findings = Finding.objects.filter(member_id=OuterRef("pk"), severity__in=severities)
        return Exists(findings if for_reviewers else findings.filter(is_for_reviewers=False))

    if severity == NORMAL:
        return ~Q(has(Severity.BLOCK, Severity.PROOF, Severity.WARN))
    return Q(has(severity))
