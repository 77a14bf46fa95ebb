"""Two people publish the same announcement at once."""

from __future__ import annotations

import threading

from django.db import connections

from huzhu.announcements.models import AnnouncementRecipient
from huzhu.audit.models import AuditEvent
from huzhu.shared.workflow import TransitionNotAllowed
from tests.announcements.test_announcements import Tree, publish, write, writer


def test_published_twice_at_once_is_published_once(own_database):
    tree = Tree()
    by, refused = writer(tree.city), []
    written = write(by)

    def press():
        try:
            publish(written, by)
        except TransitionNotAllowed:
            refused.append(1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), AnnouncementRecipient.objects.count()) == (7, 2)
    assert AuditEvent.objects.filter(event="announcements.publish").count() == 1
