"""系统管理: 机构 and what else administrators keep."""

from huzhu.accounts.roles import StaffRole
from huzhu.web.access import office
from huzhu.web.office.views import branches
from huzhu.web.routes import Route

ADMIN = office(StaffRole.SYSTEM_ADMIN)
READERS = office(StaffRole.SYSTEM_ADMIN, StaffRole.SECURITY_ADMIN, StaffRole.AUDITOR)
BRANCH = "branches/<int:branch_id>/"

ROUTES = [
    Route("branches/", branches.branches, "branches", READERS),
    Route("branches/new/", branches.make, "branch-new", ADMIN),
    Route(BRANCH, branches.branch, "branch", READERS),
    Route(f"{BRANCH}rename/", branches.rename, "branch-rename", ADMIN),
    Route(f"{BRANCH}move/", branches.move, "branch-move", ADMIN),
    Route(f"{BRANCH}close/", branches.close, "branch-close", ADMIN),
    Route(f"{BRANCH}reopen/", branches.reopen, "branch-reopen", ADMIN),
]
