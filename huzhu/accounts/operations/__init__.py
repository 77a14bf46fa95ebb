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
from huzhu.accounts.operations.people import (
    STAFF_LOGIN_NAME,
    StaffRefused,
    disable_user,
    end_sessions,
    lock_account,
    make_staff,
    make_user,
    set_password,
)

__all__ = [
    "STAFF_LOGIN_NAME",
    "BranchRefused",
    "StaffRefused",
    "close_branch",
    "disable_user",
    "end_sessions",
    "lock_account",
    "lock_branch",
    "make_branch",
    "make_staff",
    "make_user",
    "move_branch",
    "rename_branch",
    "reopen_branch",
    "set_password",
]
