"""May this person do this to this roster: raises, with a reason people can read."""

from __future__ import annotations

from huzhu.accounts.roles import EMPLOYER_ENROLLERS, EMPLOYER_READERS
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused


class NotPermitted(Refused):
    """The actor may not do this to this roster."""


def check_can_maintain(by: Actor, *, employer_id: int) -> None:
    """
    Owner and handler of the employer itself change its roster; so does the program.

    :raises NotPermitted: for everybody else
    """
    if by.side == Side.SYSTEM:
        return
    _check_own(by, employer_id)
    if not by.has_any(EMPLOYER_ENROLLERS):
        raise NotPermitted("只有单位管理员和经办人可以维护职工名册。")


def check_can_reveal(by: Actor, *, employer_id: int) -> None:
    """
    Full document numbers are for those who keep the roster.

    :raises NotPermitted: for everybody else
    """
    _check_own(by, employer_id)
    if not by.has_any(EMPLOYER_ENROLLERS):
        raise NotPermitted("只有单位管理员和经办人可以查看完整证件号码。")


def check_can_read(by: Actor, *, employer_id: int) -> None:
    """
    Everybody who handles the employer's papers may read its roster with numbers masked.

    :raises NotPermitted: for everybody else
    """
    if by.side == Side.SYSTEM:
        return
    _check_own(by, employer_id)
    if not by.has_any(EMPLOYER_READERS):
        raise NotPermitted("您的角色不能查看职工名册。")


def _check_own(by: Actor, employer_id: int) -> None:
    if by.side != Side.EMPLOYER or by.employer_id != employer_id:
        raise NotPermitted("不能查看或维护其他单位的职工名册。")
