"""An office that closes while somebody comes to it."""

from __future__ import annotations

import threading

from django.db import IntegrityError, connection, transaction

from huzhu.journeys.close_branch import close_branch
from tests.accounts.test_branches import Tree
from tests.factories.accounts import NOON
from tests.factories.employers import RegistrationFactory


def test_who_comes_while_the_office_is_closed_waits_and_is_refused(own_database):
    """One closes, one registers there at the same moment: never a registration at a closed office."""
    tree = Tree()
    closed, started, failures = threading.Event(), threading.Event(), []

    def close_slowly() -> None:
        with transaction.atomic():
            close_branch(branch_id=tree.county.pk, reason="撤并", by=tree.admin, at=NOON)
            closed.set()
            started.wait(5)
            threading.Event().wait(0.3)
        connection.close()

    def come() -> None:
        closed.wait(5)
        started.set()
        try:
            RegistrationFactory(branch=tree.county)
        except IntegrityError as error:
            failures.append(str(error))
        connection.close()

    both = [threading.Thread(target=act) for act in (close_slowly, come)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(20)
    assert len(failures) == 1
    assert "closed" in failures[0]
