"""The second factor of staff besides the authenticator: recovery codes, taking a lost factor away, lifting a lock-out."""

from __future__ import annotations

import secrets
from datetime import datetime

from axes import utils as axes
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

from huzhu.accounts import operations, permissions
from huzhu.accounts.models import Branch, RecoveryCode, StaffPost, User
from huzhu.audit import operations as audit
from huzhu.notifications import operations as notifications
from huzhu.shared import fresh_factor
from huzhu.shared.actors import Actor

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read for something else
LETTERS = 10  # of 32: fifty bits, so that a keyed hash without stretching is enough
COUNT = 10


@fresh_factor.needed()
@transaction.atomic
def make_recovery_codes(*, by: Actor, at: datetime) -> list[str]:
    """
    This function will give ten new recovery codes of the actor's own staff account, to be shown once; earlier ones are void.

    :raises fresh_factor.FactorStale: if the second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor has no staff account
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=by.user_id or 0)
    if not user.is_staff_account:
        raise permissions.NotPermitted("恢复码只用于工作人员账号；单位账号凭短信验证码登录。")
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(COUNT)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hash(user, code), made_at=at) for code in codes)
    audit.record("accounts.make_recovery_codes", label="生成恢复码", subject=user, by=by, at=at)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def use_recovery_code(*, user: User, typed: str, by: Actor, at: datetime) -> bool:
    """
    This function will use up one recovery code, once, and tell its owner; False if it is none of the account's, or was used.
    """
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(code) != LETTERS:
        return False
    unused = RecoveryCode.objects.select_for_update().filter(user=user, used_at=None)
    found = unused.filter(code_hash=_hash(user, code)).first()
    if found is None:
        return False
    found.used_at = at
    found.save(update_fields=["used_at"])
    left = count_recovery_codes(user_id=user.pk)
    audit.record("accounts.use_recovery_code", label="使用恢复码", subject=user, by=by, at=at, details={"left": left})
    key = f"recovery_code_used:{found.pk}"
    notifications.queue_sms("recovery_code_used", to=user.mobile, key=key, at=at, left=left)
    title = f"账号使用了一个恢复码，还剩 {left} 个"
    body = "如非本人操作，请立即修改密码并联系安全管理员。"
    notifications.post_notice(title=title, body=body, key=key, at=at, user_id=user.pk)
    return True


def count_recovery_codes(*, user_id: int) -> int:
    """How many recovery codes of an account are not used yet."""
    return RecoveryCode.objects.filter(user_id=user_id, used_at=None).count()


def has_made_recovery_codes(*, user_id: int) -> bool:
    """Test if an account has ever made recovery codes with its present authenticator, used up or not."""
    return RecoveryCode.objects.filter(user_id=user_id).exists()


@fresh_factor.needed()
@transaction.atomic
def reset_factor(*, user_id: int, reason: str, by: Actor, at: datetime) -> User:
    """
    This function will take the authenticator and the recovery codes of a staff account away and end its sessions: its owner, who
    has lost them, scans a new one at the next sign-in.

    :raises fresh_factor.FactorStale: if the actor's own second factor was shown too long ago
    :raises permissions.NotPermitted: if the actor is no security administrator of the account's subtree, or it is the own account
    :raises operations.StaffRefused: without a reason
    """
    user = _lock(user_id)
    permissions.check(by, "account.secure", permissions.Account(user, _get_branch(user)))
    reason = operations.check_reason(reason)
    TOTPDevice.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    operations.end_sessions(user_id=user.pk)
    audit.record("accounts.reset_factor", label="重置第二重验证", subject=user, by=by, at=at, reason=reason)
    notifications.queue_sms("factor_reset", to=user.mobile, key=f"factor_reset:{user.pk}:{at.isoformat()}", at=at)
    return user


@transaction.atomic
def unlock(*, user_id: int, reason: str, by: Actor, at: datetime) -> User:
    """
    This function will let somebody who has failed too often try again before the half hour is over.

    :raises permissions.NotPermitted: if the actor is no security administrator of the account's subtree, or it is the own account
    :raises operations.StaffRefused: without a reason
    """
    user = _lock(user_id)
    permissions.check(by, "account.secure", permissions.Account(user, _get_branch(user)))
    reason = operations.check_reason(reason)
    axes.reset(username=user.login_name)
    audit.record("accounts.unlock", label="解除登录锁定", subject=user, by=by, at=at, reason=reason)
    return user


def _lock(user_id: int) -> User:
    return User.objects.select_for_update(of=("self",)).get(pk=user_id)


def _get_branch(user: User) -> Branch | None:
    """Where a staff account has its place; portal accounts belong to no branch."""
    post = StaffPost.objects.select_related("branch").filter(user=user).first()
    return post.branch if post else None


def _hash(user: User, code: str) -> str:
    return salted_hmac("huzhu.accounts.recovery", f"{user.pk}/{code}", algorithm="sha256").hexdigest()
