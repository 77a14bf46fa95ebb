"""系统管理: 机构 and what else administrators keep."""

from django.views.decorators.http import require_safe

from huzhu.accounts.roles import StaffRole
from huzhu.web.access import office, office_may
from huzhu.web.office.views import branches, code_lists, parameters, roles, users
from huzhu.web.routes import Route

READERS = office(StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR)
BRANCH = "branches/<int:branch_id>/"

PARAMETER_READERS = office(
    *(StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR), StaffRole.CASHIER_REVIEWER
)
CHANGE = "parameters/changes/<int:change_id>/"
CODE_LIST = "code-lists/<slug:key>/"
ENTRY = f"{CODE_LIST}entries/<slug:code>/"
USER = "users/<int:user_id>/"

ROUTES = [
    Route("users/", users.users, "users", READERS),
    Route("users/new/", users.make, "user-new", office_may("staff.open")),
    Route(USER, require_safe(users.user), "user", READERS),
    Route(f"{USER}reveal/", users.reveal, "user-reveal", office_may("staff.reveal")),
    Route(f"{USER}person/", users.change_person, "user-person", office_may("staff.change")),
    Route(f"{USER}branch/", users.move, "user-branch", office_may("staff.change")),
    Route(f"{USER}roles/", users.change_roles, "user-roles", office_may("staff.grant")),
    Route(f"{USER}disable/", users.disable, "user-disable", office_may("staff.change")),
    Route(f"{USER}enable/", users.enable, "user-enable", office_may("staff.change")),
    Route("parameters/", require_safe(parameters.parameters), "parameters", PARAMETER_READERS),
    Route("parameters/<slug:key>/", require_safe(parameters.parameter), "parameter", PARAMETER_READERS),
    Route("parameters/<slug:key>/change/", parameters.change, "parameter-change", office_may("parameter.change")),
    Route(f"{CHANGE}confirm/", parameters.confirm, "parameter-confirm", office_may("parameter_change.confirm")),
    Route(f"{CHANGE}refuse/", parameters.refuse, "parameter-refuse", office_may("parameter_change.refuse")),
    Route("code-lists/", code_lists.code_lists, "code-lists", READERS),
    Route(CODE_LIST, code_lists.code_list, "code-list", READERS),
    Route(f"{CODE_LIST}new/", code_lists.add, "code-entry-new", office_may("code_list.keep")),
    Route(ENTRY, code_lists.entry, "code-entry", READERS),
    Route(f"{ENTRY}change/", code_lists.change, "code-entry-change", office_may("code_list.keep")),
    Route(f"{ENTRY}close/", code_lists.close, "code-entry-close", office_may("code_list.keep")),
    Route(f"{ENTRY}reopen/", code_lists.reopen, "code-entry-reopen", office_may("code_list.keep")),
    Route(f"{USER}unlock/", users.unlock, "user-unlock", office_may("account.secure")),
    Route(f"{USER}factor/", users.reset_factor, "user-factor", office_may("account.secure")),
    Route("roles/", require_safe(roles.roles), "roles", READERS),
    Route("branches/", require_safe(branches.branches), "branches", READERS),
    Route("branches/new/", branches.make, "branch-new", office_may("branch.keep")),
    Route(BRANCH, require_safe(branches.branch), "branch", READERS),
    Route(f"{BRANCH}rename/", branches.rename, "branch-rename", office_may("branch.keep")),
    Route(f"{BRANCH}move/", branches.move, "branch-move", office_may("branch.keep")),
    Route(f"{BRANCH}close/", branches.close, "branch-close", office_may("branch.keep")),
    Route(f"{BRANCH}reopen/", branches.reopen, "branch-reopen", office_may("branch.keep")),
]
