"""短信与公告, 操作日志: what went out and who did what."""

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

ROUTES = [
    Route("messages/", messages.messages, "messages", office(*READERS_OF_MESSAGES)),
    Route("audit/", audit.audit, "audit", office(StaffRole.AUDITOR, StaffRole.SECURITY_ADMIN)),
]
