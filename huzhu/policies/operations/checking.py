"""Answering who checks a policy on the public page: yes or no, and not too often."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from huzhu.policies.models import CheckAttempt, Policy
from huzhu.roster.models import WorkerDocument
from huzhu.shared import locks
from huzhu.shared.identity.names import normalise_name

MOST_CHECKS_PER_ADDRESS = 30  # an hour; offices share an address
MOST_CHECKS_PER_SUBJECT = 60  # an hour
CHECKS_KEPT = timedelta(days=1)
MOST_NAMESAKES = 50


class TooManyChecks(Exception):
    """Somebody asks the public check page too often; the words say when to try again."""


def check_member(*, policy: Policy, name: str, last_four: str, address: str, at: datetime) -> bool:
    """
    This function will tell anybody who holds a policy whether a person of this name, with a document that ends so, is on it; no
    more than yes or no. The numbers are opened for comparing and leave nowhere.

    :raises TooManyChecks: if the address or about this policy somebody has asked too often
    """
    count_check(subject=policy.number, address=address, at=at)
    ending = last_four.strip().upper()
    named = WorkerDocument.objects.filter(
        worker__covers__policy_id=policy.pk, worker__covers__name=normalise_name(name)
    ).distinct()
    return len(ending) == 4 and any(
        document.reveal().upper().endswith(ending) for document in named.order_by("pk")[:MOST_NAMESAKES]
    )


@transaction.atomic
def count_check(*, subject: str, address: str, at: datetime) -> None:
    """
    This function will count one question asked on the public check page and forget those older than a day.

    :raises TooManyChecks: if the address, or everybody together about this subject, has asked too often within the hour
    """
    locks.lock("public-check", "address", address)
    locks.lock("public-check", "subject", subject)
    recent = CheckAttempt.objects.filter(asked_at__gt=at - timedelta(hours=1))
    if recent.filter(address=address[:45]).count() >= MOST_CHECKS_PER_ADDRESS:
        raise TooManyChecks("当前网络核验过于频繁，请一小时后再试，或联系所属代办处核实。")
    if recent.filter(subject=subject).count() >= MOST_CHECKS_PER_SUBJECT:
        raise TooManyChecks("核验次数过多，请一小时后再试，或联系所属代办处核实。")
    CheckAttempt.objects.filter(asked_at__lte=at - CHECKS_KEPT).delete()
    CheckAttempt.objects.create(subject=subject, address=address[:45], asked_at=at)
