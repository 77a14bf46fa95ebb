"""Setting the papers of policies."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from huzhu.policies import operations as policies
from huzhu.shared.actors import system_actor


@app.task(name=policies.DOCUMENT_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def make_document(*, policy_id: int) -> None:
    """This task will make the e-policy of one policy; running it again changes nothing."""
    policies.make_document(policy_id=policy_id, by=system_actor(), at=timezone.now())
