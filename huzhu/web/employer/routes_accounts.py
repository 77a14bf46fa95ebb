"""单位信息管理, and 账号安全."""

from functools import partial

from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.accounts.roles import EmployerRole
from huzhu.web.access import employer
from huzhu.web.employer.views import account, account_people, account_profile, bindings, own_trace
from huzhu.web.own_account import routes as own_account
from huzhu.web.routes import Route

EVERYBODY = employer(frozenset(EmployerRole.values))
OWNERS = employer(frozenset({EmployerRole.OWNER}))
LINKERS = employer(frozenset({EmployerRole.OWNER, EmployerRole.HANDLER}))
_form = require_http_methods(["GET", "HEAD", "POST"])


def _answer(act: str):
    return require_POST(partial(account.answer_link, act=act))


ROUTES = [
    Route("profile/", account_profile.profile, "profile", EVERYBODY),
    Route("profile/change/", _form(account_profile.change), "profile-change", LINKERS),
    Route(
        "profile/changes/<int:change_id>/withdraw/", require_POST(account_profile.withdraw), "change-withdraw", LINKERS
    ),
    Route("members/", account_people.members, "members", OWNERS),
    Route("members/<int:membership_id>/", _form(account.member), "member", OWNERS),
    Route("members/trace/", own_trace.own_trace, "own-trace", OWNERS),
    Route("members/requests/<int:join_request_id>/", require_POST(account.decide_join), "join-request-decide", OWNERS),
    Route("members/invite/", require_POST(account_people.invite), "invite", OWNERS),
    Route("members/invitations/<int:invitation_id>/", require_POST(account_people.invitation), "invitation", OWNERS),
    Route("hand-over/", _form(account_people.hand_over), "hand-over", EVERYBODY),
    Route("hand-over/form/", require_safe(account_people.hand_over_form), "hand-over-form", EVERYBODY),
    Route("hand-over/<int:hand_over_id>/", require_POST(account_people.hand_over_act), "hand-over-act", EVERYBODY),
    Route("group-links/", _form(account.group_links), "group-links", EVERYBODY),
    Route("group-links/<int:link_id>/confirm/", _answer("confirm"), "group-link-confirm", LINKERS),
    Route("group-links/<int:link_id>/refuse/", _answer("refuse"), "group-link-refuse", LINKERS),
    Route("group-links/<int:link_id>/end/", _answer("end"), "group-link-end", LINKERS),
    *own_account.get_employer_routes(EVERYBODY),
    Route("policy-bindings/", _form(bindings.bindings), "policy-bindings", EVERYBODY),
    Route("policy-bindings/<int:binding_id>/withdraw/", require_POST(bindings.withdraw), "binding-withdraw", LINKERS),
    Route("switch/", require_POST(account.switch), "switch", EVERYBODY),
]
