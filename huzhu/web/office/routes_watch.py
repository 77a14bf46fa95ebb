"""短信与公告, 操作日志: what went out and who did what."""

from functools import partial

from django.views.decorators.http import require_safe

from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.announcements.states import WRITERS
from huzhu.web.access import office
from huzhu.web.office.views import announcements, audit, messages
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
WRITING = office(*WRITERS)
ANNOUNCEMENT = "announcements/<int:announcement_id>/"

WATCHERS = office(StaffRole.AUDITOR, StaffRole.SECURITY_ADMIN)

ROUTES = [
    Route("messages/", messages.messages, "messages", office(*READERS_OF_MESSAGES)),
    Route("announcements/", require_safe(announcements.announcements), "announcements", READERS),
    Route("announcements/new/", announcements.write, "announcement-new", WRITING),
    Route(ANNOUNCEMENT, require_safe(announcements.announcement), "announcement", READERS),
    Route(f"{ANNOUNCEMENT}edit/", announcements.edit, "announcement-edit", WRITING),
    Route(f"{ANNOUNCEMENT}publish/", announcements.publish, "announcement-publish", WRITING),
    Route(f"{ANNOUNCEMENT}schedule/", announcements.schedule, "announcement-schedule", WRITING),
    Route(f"{ANNOUNCEMENT}unschedule/", announcements.unschedule, "announcement-unschedule", WRITING),
    Route(f"{ANNOUNCEMENT}withdraw/", announcements.withdraw, "announcement-withdraw", WRITING),
    Route(f"{ANNOUNCEMENT}remind/", announcements.remind, "announcement-remind", WRITING),
    Route(f"{ANNOUNCEMENT}export/", announcements.export, "announcement-export", READERS),
    Route("audit/", partial(audit.show, log=audit.ACTS), "audit", WATCHERS),
    Route("audit/export/", partial(audit.export, log=audit.ACTS), "audit-export", WATCHERS),
    Route("sign-ins/", partial(audit.show, log=audit.SIGN_INS), "sign-ins", WATCHERS),
    Route("sign-ins/export/", partial(audit.export, log=audit.SIGN_INS), "sign-ins-export", WATCHERS),
]
