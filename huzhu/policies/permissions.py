"""Who may send back the stamped 参保确认书. Everything raises with a reason people can read."""

from __future__ import annotations

from huzhu.accounts.roles import EMPLOYER_PAYERS
from huzhu.policies.models import Policy
from huzhu.shared.actors import Actor, Side
from huzhu.shared.trace import Refused


class NotPermitted(Refused):
    """Somebody wanted to do what the rules do not let them; the message says why."""


def check_can_confirm(by: Actor, policy: Policy) -> None:
    """
    The employer's own payers send back the stamped confirmation.

    :raises NotPermitted: for anybody else
    """
    is_own = by.side == Side.EMPLOYER and by.employer_id == policy.employer_id
    if not (is_own and by.has_any(EMPLOYER_PAYERS)):
        raise NotPermitted("只有本单位的单位管理员、经办人或单位财务可以上传盖章参保确认书。")
