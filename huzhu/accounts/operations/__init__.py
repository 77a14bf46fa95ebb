"""Everything that writes about accounts: the tree of branches, accounts and staff, passwords, sessions."""

from huzhu.accounts.operations.branches import (
    BranchRefused,
    close_branch,
    lock_branch,
    make_branch,
    move_branch,
    rename_branch,
    reopen_branch,
)
from huzhu.accounts.operations.looks import reveal_mobile
from huzhu.accounts.operations.people import end_sessions, lock_account, make_user, set_password
from huzhu.accounts.operations.staff import (
    KEPT_POWERS,
    STAFF_LOGIN_NAME,
    StaffRefused,
    change_staff_person,
    change_staff_roles,
    check_reason,
    disable_user,
    enable_user,
    make_staff,
    move_staff,
)

__all__ = [
    "KEPT_POWERS",
    "STAFF_LOGIN_NAME",
    "BranchRefused",
    "StaffRefused",
    "change_staff_person",
    "change_staff_roles",
    "check_reason",
    "close_branch",
    "disable_user",
    "enable_user",
    "end_sessions",
    "lock_account",
    "lock_branch",
    "make_branch",
    "make_staff",
    "make_user",
    "move_branch",
    "move_staff",
    "rename_branch",
    "reopen_branch",
    "reveal_mobile",
    "set_password",
]
