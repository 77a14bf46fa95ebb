"""Who may tell employers something, and whom."""

from __future__ import annotations

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.accounts.permissions import NotPermitted
from huzhu.announcements.models import Announcement
from huzhu.announcements.states import ANNOUNCEMENT, WRITERS, AnnouncementAction
from huzhu.shared.actors import Actor, Side

__all__ = ["NotPermitted", "check_can_act", "check_can_write", "may_reach", "may_write"]


def may_write(by: Actor) -> bool:
    """Test if the actor may write announcements at all."""
    return by.side == Side.OFFICE and by.has_any(WRITERS)


def may_reach(by: Actor, announcement: Announcement) -> bool:
    """Test if the actor may do anything with this announcement but look at it."""
    return may_write(by) and scope.includes(by, announcement.branch)


def check_can_write(by: Actor, *, branch: Branch) -> None:
    """
    Test if the actor may write, or change, an announcement of a branch.

    :raises NotPermitted: unless the actor has one of the writing roles and the branch lies in the actor's subtree
    """
    if not may_write(by):
        raise NotPermitted("公告由受理员、复核员、产品管理员或系统管理员发布。")
    _check_reaches(by, branch)


def check_can_act(by: Actor, announcement: Announcement, action: AnnouncementAction) -> None:
    """
    Test if the actor may take a step with an announcement; the program itself publishes what has its day.

    :raises NotPermitted: otherwise
    """
    if not ANNOUNCEMENT.is_permitted(action, roles=by.roles):
        raise NotPermitted("公告由受理员、复核员、产品管理员或系统管理员办理。")
    _check_reaches(by, announcement.branch)


def _check_reaches(by: Actor, branch: Branch) -> None:
    if not scope.includes(by, branch):
        raise NotPermitted("该公告不属于您所在机构，请由发布机构或其上级办理。")
