"""工作台: 待办, 已办, 我发起的, 抄送, and deputies; 账号安全."""

from huzhu.accounts.roles import StaffRole
from huzhu.web.access import office
from huzhu.web.office.views import home, work
from huzhu.web.own_account import routes as own_account
from huzhu.web.routes import Route

BUSINESS = office(*(role for role in StaffRole if role not in ("security_admin", "auditor", "system_admin")))
DECIDERS = office(*(role for role in StaffRole if role not in ("security_admin", "auditor")))

ROUTES = [
    Route("", home.home, "home", office()),
    Route("work/done/", home.done, "work-done", office()),
    Route("work/started/", home.started, "work-started", office()),
    Route("work/copies/", home.copies, "work-copies", office()),
    Route("work/copies/<int:copy_id>/open/", work.open_copy, "work-copy-open", office()),
    Route("work/copies/<slug:kind>/<int:record_id>/", work.send_copies, "work-copy-send", DECIDERS),
    Route("work/claim/", work.claim, "work-claim", DECIDERS),
    Route("work/pass-on/", work.pass_on, "work-pass-on", DECIDERS),
    Route("work/approve/", work.approve, "work-approve", BUSINESS),
    Route("work/deputies/", work.deputies, "deputies", office()),
    Route("work/deputies/<int:deputy_id>/end/", work.end_deputy, "deputy-end", office()),
    Route("work/stand-in/", work.stand_in, "stand-in", office()),
    *own_account.get_office_routes(office()),
]
