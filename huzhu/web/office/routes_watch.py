"""短信与公告, 操作日志: what went out and who did what."""

from functools import partial

from django.views.decorators.http import require_safe

from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.announcements.states import WRITERS
from huzhu.web.access import office, office_may
from huzhu.web.office.views import announcements, audit, messages, row_changes
from huzhu.web.routes import Route

READERS_OF_MESSAGES = (
    StaffRole.REGISTRAR,
    StaffRole.REVIEWER,
    *CASHIERS,
    StaffRole.AUDITOR,
    StaffRole.SYSTEM_ADMIN,
)

# Whoever writes announcements, and those who read what went out.
READERS = office(*READERS_OF_MESSAGES, *WRITERS)
ANNOUNCEMENT = "announcements/<int:announcement_id>/"

WATCHERS = office(StaffRole.AUDITOR, StaffRole.SECURITY_ADMIN)

ROUTES = [
    Route("messages/", messages.messages, "messages", office(*READERS_OF_MESSAGES)),
    Route("announcements/", require_safe(announcements.announcements), "announcements", READERS),
    Route("announcements/new/", announcements.write, "announcement-new", office_may("announcement.write")),
    Route(ANNOUNCEMENT, require_safe(announcements.announcement), "announcement", READERS),
    Route(f"{ANNOUNCEMENT}edit/", announcements.edit, "announcement-edit", office_may("announcement.write")),
    Route(f"{ANNOUNCEMENT}publish/", announcements.publish, "announcement-publish", office_may("announcement.publish")),
    Route(
        f"{ANNOUNCEMENT}schedule/", announcements.schedule, "announcement-schedule", office_may("announcement.schedule")
    ),
    Route(
        f"{ANNOUNCEMENT}unschedule/",
        announcements.unschedule,
        "announcement-unschedule",
        office_may("announcement.unschedule"),
    ),
    Route(
        f"{ANNOUNCEMENT}withdraw/", announcements.withdraw, "announcement-withdraw", office_may("announcement.withdraw")
    ),
    Route(f"{ANNOUNCEMENT}remind/", announcements.remind, "announcement-remind", office_may("announcement.write")),
    Route(f"{ANNOUNCEMENT}export/", announcements.export, "announcement-export", office_may("announcement.export")),
    Route("audit/", partial(audit.show, log=audit.ACTS), "audit", WATCHERS),
    Route("audit/export/", partial(audit.export, log=audit.ACTS), "audit-export", office_may("audit.export")),
    Route("sign-ins/", partial(audit.show, log=audit.SIGN_INS), "sign-ins", WATCHERS),
    Route("sign-ins/export/", partial(audit.export, log=audit.SIGN_INS), "sign-ins-export", office_may("audit.export")),
    Route("row-changes/", require_safe(row_changes.show), "row-changes", office_may("row_change.read")),
    Route("row-changes/export/", row_changes.export, "row-changes-export", office_may("row_change.read")),
]
