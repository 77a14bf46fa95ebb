"""短信与公告, 操作日志: what went out and who did what."""

from functools import partial

from huzhu.accounts.roles import CASHIERS, StaffRole
from huzhu.web.access import office
from huzhu.web.office.views import audit, messages
from huzhu.web.routes import Route

READERS_OF_MESSAGES = (
    StaffRole.REGISTRAR,
    StaffRole.REVIEWER,
    *CASHIERS,
    StaffRole.AUDITOR,
    StaffRole.SYSTEM_ADMIN,
)

WATCHERS = office(StaffRole.AUDITOR, StaffRole.SECURITY_ADMIN)

ROUTES = [
    Route("messages/", messages.messages, "messages", office(*READERS_OF_MESSAGES)),
    Route("audit/", partial(audit.show, log=audit.ACTS), "audit", WATCHERS),
    Route("audit/export/", partial(audit.export, log=audit.ACTS), "audit-export", WATCHERS),
    Route("sign-ins/", partial(audit.show, log=audit.SIGN_INS), "sign-ins", WATCHERS),
    Route("sign-ins/export/", partial(audit.export, log=audit.SIGN_INS), "sign-ins-export", WATCHERS),
]
