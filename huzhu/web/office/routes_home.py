"""工作台: 待办, 已办, 我发起的, 抄送, and deputies; 账号安全."""

from huzhu.web.access import office, office_may
from huzhu.web.office.views import home, work
from huzhu.web.own_account import routes as own_account
from huzhu.web.routes import Route
from huzhu.work.kinds import get_kinds

IN_BULK = [kind.act for kind in get_kinds() if kind.bulk_action]

ROUTES = [
    Route("", home.home, "home", office()),
    Route("work/done/", home.done, "work-done", office()),
    Route("work/started/", home.started, "work-started", office()),
    Route("work/copies/", home.copies, "work-copies", office()),
    Route("work/copies/<int:copy_id>/open/", work.open_copy, "work-copy-open", office()),
    Route("work/copies/<slug:kind>/<int:record_id>/", work.send_copies, "work-copy-send", office_may("work.show")),
    Route("work/claim/", work.claim, "work-claim", office_may("work.take")),
    Route("work/pass-on/", work.pass_on, "work-pass-on", office_may("work.take")),
    Route("work/approve/", work.approve, "work-approve", office_may(*IN_BULK)),
    Route("work/deputies/", work.deputies, "deputies", office_may("deputy.appoint")),
    Route("work/deputies/<int:deputy_id>/end/", work.end_deputy, "deputy-end", office_may("deputy.end")),
    Route("work/stand-in/", work.stand_in, "stand-in", office()),
    *own_account.get_office_routes(office()),
]
