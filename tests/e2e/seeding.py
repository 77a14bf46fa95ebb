"""
What stands on a journey's site before anybody opens it, made by a process of its own: `python -m tests.e2e.seeding WHAT`.

`association`: branches, staff, plans and accounts. `submitted`: besides, an employer whose application waits for its first review,
and somebody who may do both reviews. `demo`: all that `make run` shows.
"""

import sys

import django

django.setup()

from datetime import datetime, timedelta  # noqa: E402

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from huzhu.accounts import operations as accounts  # noqa: E402
from huzhu.accounts.models import Branch  # noqa: E402
from huzhu.demo import seed  # noqa: E402
from huzhu.demo.people import PASSWORD  # noqa: E402
from huzhu.demo.telling import Teller  # noqa: E402
from tests.e2e.stories import BOTH, SUBMITTED  # noqa: E402


def found_association(*, at: datetime) -> None:
    """Only what stands before any employer."""
    seed.found_association(at=at)


def tell_submitted(*, at: datetime) -> None:
    """One employer of forty people, registered, with roster and application, all of it sent in; somebody who may review twice."""
    earlier = at - timedelta(days=500)
    with transaction.atomic():
        seed.found_association(at=earlier, now=at)
        user = accounts.make_staff(
            login_name=BOTH.login_name,
            mobile=BOTH.mobile,
            name=BOTH.name,
            branch_id=Branch.objects.get(code=BOTH.branch_code).pk,
            roles=BOTH.roles,
            by=seed.SYSTEM,
            at=earlier,
        )
        accounts.set_password(user_id=user.pk, password=PASSWORD, by=seed.SYSTEM, at=at)
        teller = Teller(SUBMITTED, now=at)
        teller.register()
        teller.tell()


def tell_demo(*, at: datetime) -> None:
    """The whole demo."""
    list(seed.seed(at=at))


WHAT = {"association": found_association, "submitted": tell_submitted, "demo": tell_demo}

if __name__ == "__main__":
    WHAT[sys.argv[1]](at=timezone.now())
