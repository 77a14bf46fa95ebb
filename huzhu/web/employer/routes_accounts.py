"""单位信息管理, and 账号安全."""

from functools import partial

from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.accounts.roles import EmployerRole
from huzhu.web.access import employer, employer_may
from huzhu.web.employer.views import account, account_people, account_profile, bindings, own_trace
from huzhu.web.own_account import routes as own_account
from huzhu.web.routes import Route

EVERYBODY = employer(frozenset(EmployerRole.values))
_form = require_http_methods(["GET", "HEAD", "POST"])


def _answer(act: str):
    return require_POST(partial(account.answer_link, act=act))


ROUTES = [
    Route("profile/", account_profile.profile, "profile", EVERYBODY),
    Route(
        "profile/change/",
        _form(account_profile.change),
        "profile-change",
        employer_may("change_request.ask", "change_request.resubmit"),
    ),
    Route(
        "profile/changes/<int:change_id>/withdraw/",
        require_POST(account_profile.withdraw),
        "change-withdraw",
        employer_may("change_request.withdraw"),
    ),
    Route("members/", account_people.members, "members", employer_may("member.manage")),
    Route("members/<int:membership_id>/", _form(account.member), "member", employer_may("member.manage")),
    Route(
        "members/<int:membership_id>/reveal/",
        _form(account_people.reveal_member),
        "member-reveal",
        employer_may("member.reveal"),
    ),
    Route("members/trace/", own_trace.own_trace, "own-trace", employer_may("member.manage")),
    Route(
        "members/requests/<int:join_request_id>/",
        require_POST(account.decide_join),
        "join-request-decide",
        employer_may("joining.accept", "joining.refuse"),
    ),
    Route("members/invite/", require_POST(account_people.invite), "invite", employer_may("member.manage")),
    Route(
        "members/invitations/<int:invitation_id>/",
        require_POST(account_people.invitation),
        "invitation",
        employer_may("member.manage", "invitation.withdraw"),
    ),
    Route("hand-over/", _form(account_people.hand_over), "hand-over", employer_may("hand_over.offer", "hand_over.ask")),
    Route("hand-over/form/", require_safe(account_people.hand_over_form), "hand-over-form", EVERYBODY),
    Route(
        "hand-over/<int:hand_over_id>/",
        require_POST(account_people.hand_over_act),
        "hand-over-act",
        employer_may("hand_over.take", "hand_over.decline", "hand_over.withdraw", "hand_over.object"),
    ),
    Route(
        "hand-over/<int:hand_over_id>/reveal/<str:field>/",
        _form(account_people.reveal_hand_over),
        "hand-over-reveal",
        employer_may("hand_over.reveal"),
    ),
    Route(
        "group-links/", _form(account.group_links), "group-links", employer(EVERYBODY.roles, does=["group_link.ask"])
    ),
    Route(
        "group-links/<int:link_id>/confirm/",
        _answer("confirm"),
        "group-link-confirm",
        employer_may("group_link.confirm"),
    ),
    Route(
        "group-links/<int:link_id>/refuse/", _answer("refuse"), "group-link-refuse", employer_may("group_link.refuse")
    ),
    Route("group-links/<int:link_id>/end/", _answer("end"), "group-link-end", employer_may("group_link.end")),
    *own_account.get_employer_routes(EVERYBODY),
    Route(
        "policy-bindings/",
        _form(bindings.bindings),
        "policy-bindings",
        employer(EVERYBODY.roles, does=["policy_binding.ask"]),
    ),
    Route(
        "policy-bindings/<int:binding_id>/withdraw/",
        require_POST(bindings.withdraw),
        "binding-withdraw",
        employer_may("policy_binding.withdraw"),
    ),
    Route("switch/", require_POST(account.switch), "switch", EVERYBODY),
]
