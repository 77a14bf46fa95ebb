"""Codes sent to mobiles: hashed, for one purpose and one browser, used once, five minutes, five tries (security.md §1)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from huzhu.accounts.models import MobileCode
from huzhu.audit import operations as audit
from huzhu.audit.models import Result
from huzhu.notifications import operations as notifications
from huzhu.shared import locks
from huzhu.shared.actors import Actor, Side
from huzhu.shared.identity import mobile as mobiles

DIGITS = 6
LASTS = timedelta(minutes=5)
TRIES = 5
PAUSE = timedelta(seconds=60)
MOST_PER_DAY = 10  # to one mobile
MOST_PER_ADDRESS = 60  # in one hour; offices share an address


class Purpose(models.TextChoices):
    """What a code is for; a code for one purpose opens nothing else."""

    REGISTER = "register", "单位注册"
    PROGRESS = "progress", "查询进度与邀请"
    JOIN = "join", "申请加入单位"
    HAND_OVER = "hand_over", "变更经办人"
    PASSWORD = "password", "设置登录密码"
    DEVICE = "device", "在新设备登录"
    STEP_UP = "step_up", "确认本人操作"


class CodeNotSent(Exception):
    """No code was sent now; the words say when to try again. `wait_seconds` is 0 when waiting a little does not help."""

    def __init__(self, words: str, *, wait_seconds: int = 0) -> None:
        super().__init__(words)
        self.wait_seconds = wait_seconds


class CodeRefused(Exception):
    """The code does not open; `reason` is wrong, expired or spent. The words are the same for unknown and known mobiles."""

    WORDS = {
        "wrong": "验证码不正确，请核对最近一条短信中的6位数字。",
        "expired": "验证码已失效，请重新获取。",
        "spent": "验证码输错次数过多，已作废，请重新获取。",
    }

    def __init__(self, reason: str) -> None:
        super().__init__(self.WORDS[reason])
        self.reason = reason


@transaction.atomic
def send_mobile_code(
    *, mobile: str, purpose: str, at: datetime, asked_by: str = "", address: str = "", is_sent: bool = True
) -> MobileCode:
    """
    This function will make a code for one mobile and purpose and queue its message; earlier codes of that purpose are void.

    :param asked_by: names the browser that asks; the code opens there and nowhere else
    :param is_sent: False where nobody may be told (no such account): the same work and answer, but nothing leaves the house
    :raises MobileRefused: if the mobile is none
    :raises CodeNotSent: within 60 seconds of the last one, or over the limits of the day and of the address
    """
    mobile = mobiles.check_mobile(mobile)
    locks.lock("mobile-code", mobile)
    _check_limits(mobile=mobile, purpose=purpose, address=address, at=at)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code = MobileCode.objects.create(
        purpose=purpose,
        mobile=mobile,
        code_hash=_hash(digits, mobile=mobile, purpose=purpose, asked_by=asked_by) if is_sent else "",
        sent_at=at,
        expires_at=at + LASTS,
        address=address[:45],
    )
    _record("accounts.send_code", code, label="获取短信验证码", at=at, address=address)
    if is_sent:
        key, label = f"mobile_code:{code.pk}", Purpose(purpose).label
        notifications.queue_sms("mobile_code", to=mobile, key=key, at=at, code=digits, purpose=label)
    return code


def check_mobile_code(*, mobile: str, purpose: str, code: str, at: datetime, asked_by: str = "") -> str:
    """
    This function will use up the latest code of a mobile and purpose, and give the mobile as verified. A wrong try counts even
    though it is refused, so it must not run inside another transaction.

    :raises MobileRefused: if the mobile is none
    :raises CodeRefused: if the code is wrong, older than five minutes, used, or was tried five times
    """
    mobile = mobiles.check_mobile(mobile)
    with transaction.atomic(durable=True):
        refusal = _try(mobile=mobile, purpose=purpose, digits=code.strip(), asked_by=asked_by, at=at)
    if refusal:
        raise CodeRefused(refusal)
    return mobile


def seconds_to_wait(*, mobile: str, purpose: str, at: datetime) -> int:
    """
    This function will tell how long until another code of this purpose may be sent, for the countdown on the button.
    """
    latest = MobileCode.objects.filter(mobile=mobile, purpose=purpose).order_by("-id").first()
    return max(0, int((latest.sent_at + PAUSE - at).total_seconds())) if latest else 0


def _try(*, mobile: str, purpose: str, digits: str, asked_by: str, at: datetime) -> str:
    latest = (
        MobileCode.objects.select_for_update(of=("self",))
        .filter(mobile=mobile, purpose=purpose)
        .order_by("-id")
        .first()
    )
    if latest is None or latest.used_at or at >= latest.expires_at:
        return "expired"
    if latest.tries >= TRIES:
        return "spent"
    if not constant_time_compare(latest.code_hash, _hash(digits, mobile=mobile, purpose=purpose, asked_by=asked_by)):
        latest.tries += 1
        latest.save(update_fields=["tries"])
        _record("accounts.code_refused", latest, label="验证码不正确", at=at, result=Result.REFUSED)
        return "wrong" if latest.tries < TRIES else "spent"
    latest.used_at = at
    latest.save(update_fields=["used_at"])
    _record("accounts.prove_mobile", latest, label="手机号验证通过", at=at)
    return ""


def _record(
    event: str, code: MobileCode, *, label: str, at: datetime, address: str = "", result: str = Result.DONE
) -> None:
    """The trace of a code: what it was for, never the digits; whose it was stands in the code's own row."""
    by = Actor(user_id=None, name="未登录", person="", side=Side.PUBLIC, address=address or code.address)
    purpose = Purpose(code.purpose).label
    audit.record(event, subject=code, by=by, at=at, label=label, result=result, details={"用途": purpose})


def _check_limits(*, mobile: str, purpose: str, address: str, at: datetime) -> None:
    wait = seconds_to_wait(mobile=mobile, purpose=purpose, at=at)
    if wait:
        raise CodeNotSent(f"验证码刚刚发送过，请在 {wait} 秒后再获取。", wait_seconds=wait)
    if MobileCode.objects.filter(mobile=mobile, sent_at__gt=at - timedelta(days=1)).count() >= MOST_PER_DAY:
        raise CodeNotSent("该手机号今天获取验证码的次数已达上限，请明天再试或联系所属代办处。")
    recent = MobileCode.objects.filter(address=address[:45], sent_at__gt=at - timedelta(hours=1))
    if address and recent.count() >= MOST_PER_ADDRESS:
        raise CodeNotSent("当前网络获取验证码过于频繁，请一小时后再试。")


def _hash(digits: str, *, mobile: str, purpose: str, asked_by: str) -> str:
    place = f"{purpose}/{mobile}/{asked_by}/{digits}"
    return salted_hmac("huzhu.accounts.codes", place, algorithm="sha256").hexdigest()
