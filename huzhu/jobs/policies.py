"""Setting the papers of policies, and reminding of their renewal."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from huzhu.journeys.remind_of_renewal import remind_of_renewal
from huzhu.policies import operations as policies
from huzhu.shared.actors import system_actor


@app.task(name=policies.DOCUMENT_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def make_document(*, policy_id: int, number: int | None = None) -> None:
    """This task will make the e-policy of one version of a policy; running it again changes nothing."""
    policies.make_document(policy_id=policy_id, number=number, by=system_actor(), at=timezone.now())


@app.periodic(cron="0 1 * * *")  # 09:00 in Shanghai
@app.task(name="policies.remind_of_renewal", queueing_lock="policies.remind_of_renewal")
def remind(timestamp: int) -> None:
    """This task will remind employers of cover that ends in 60, 30 or 7 days; running it again reminds nobody twice."""
    remind_of_renewal(by=system_actor(), at=timezone.now())
