"""系统管理: 机构 and what else administrators keep."""

from django.views.decorators.http import require_safe

from huzhu.accounts.roles import StaffRole
from huzhu.web.access import office
from huzhu.web.office.views import branches, code_lists, parameters, roles, users
from huzhu.web.routes import Route

ADMIN = office(StaffRole.SYSTEM_ADMIN)
READERS = office(StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR)
ROLE_GIVERS = office(
    StaffRole.SECURITY_ADMIN, StaffRole.SYSTEM_ADMIN
)  # the latter name the first security administrator only
SECURITY = office(StaffRole.SECURITY_ADMIN)
BRANCH = "branches/<int:branch_id>/"

PARAMETER_READERS = office(
    *(StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR), StaffRole.CASHIER_REVIEWER
)
SECOND_PERSONS = office(StaffRole.SYSTEM_ADMIN, StaffRole.CASHIER_REVIEWER)
CHANGE = "parameters/changes/<int:change_id>/"
CODE_LIST = "code-lists/<slug:key>/"
ENTRY = f"{CODE_LIST}entries/<slug:code>/"
USER = "users/<int:user_id>/"

ROUTES = [
    Route("users/", users.users, "users", READERS),
    Route("users/new/", users.make, "user-new", ADMIN),
    Route(USER, require_safe(users.user), "user", READERS),
    Route(f"{USER}person/", users.change_person, "user-person", ADMIN),
    Route(f"{USER}branch/", users.move, "user-branch", ADMIN),
    Route(f"{USER}roles/", users.change_roles, "user-roles", ROLE_GIVERS),
    Route(f"{USER}disable/", users.disable, "user-disable", ADMIN),
    Route(f"{USER}enable/", users.enable, "user-enable", ADMIN),
    Route("parameters/", require_safe(parameters.parameters), "parameters", PARAMETER_READERS),
    Route("parameters/<slug:key>/", require_safe(parameters.parameter), "parameter", PARAMETER_READERS),
    Route("parameters/<slug:key>/change/", parameters.change, "parameter-change", ADMIN),
    Route(f"{CHANGE}confirm/", parameters.confirm, "parameter-confirm", SECOND_PERSONS),
    Route(f"{CHANGE}refuse/", parameters.refuse, "parameter-refuse", SECOND_PERSONS),
    Route("code-lists/", code_lists.code_lists, "code-lists", READERS),
    Route(CODE_LIST, code_lists.code_list, "code-list", READERS),
    Route(f"{CODE_LIST}new/", code_lists.add, "code-entry-new", ADMIN),
    Route(ENTRY, code_lists.entry, "code-entry", READERS),
    Route(f"{ENTRY}change/", code_lists.change, "code-entry-change", ADMIN),
    Route(f"{ENTRY}close/", code_lists.close, "code-entry-close", ADMIN),
    Route(f"{ENTRY}reopen/", code_lists.reopen, "code-entry-reopen", ADMIN),
    Route(f"{USER}unlock/", users.unlock, "user-unlock", SECURITY),
    Route(f"{USER}factor/", users.reset_factor, "user-factor", SECURITY),
    Route("roles/", require_safe(roles.roles), "roles", READERS),
    Route("branches/", require_safe(branches.branches), "branches", READERS),
    Route("branches/new/", branches.make, "branch-new", ADMIN),
    Route(BRANCH, require_safe(branches.branch), "branch", READERS),
    Route(f"{BRANCH}rename/", branches.rename, "branch-rename", ADMIN),
    Route(f"{BRANCH}move/", branches.move, "branch-move", ADMIN),
    Route(f"{BRANCH}close/", branches.close, "branch-close", ADMIN),
    Route(f"{BRANCH}reopen/", branches.reopen, "branch-reopen", ADMIN),
]
