"""消息中心."""

from django.views.decorators.http import require_POST, require_safe

from huzhu.accounts.roles import EmployerRole
from huzhu.web.access import employer
from huzhu.web.employer.views import messages
from huzhu.web.routes import Route

MEMBERS = employer(frozenset(EmployerRole.values))

ROUTES = [
    Route("messages/", messages.messages, "messages", MEMBERS),
    Route("messages/read/", require_POST(messages.mark_read), "messages-read", MEMBERS),
    Route("announcements/<int:announcement_id>/", require_safe(messages.announcement), "announcement", MEMBERS),
    Route(
        "announcements/<int:announcement_id>/read/",
        require_POST(messages.confirm_read),
        "announcement-read",
        MEMBERS,
    ),
]
