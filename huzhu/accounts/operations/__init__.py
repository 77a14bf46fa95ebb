"""Everything that writes about accounts: the tree of branches, accounts and staff, passwords, sessions."""

from huzhu.accounts.operations.branches import BranchRefused, make_branch
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
    "disable_user",
    "end_sessions",
    "lock_account",
    "make_branch",
    "make_staff",
    "make_user",
    "set_password",
]
