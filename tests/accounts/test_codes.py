"""Codes sent to mobiles: hashed, one use, five minutes, five tries, one per minute, for one purpose."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from huzhu.accounts import codes
from huzhu.accounts.codes import CodeNotSent, CodeRefused, Purpose, check_mobile_code, send_mobile_code
from huzhu.accounts.models import MobileCode
from huzhu.notifications.models import SmsMessage
from tests.factories.accounts import NOON

MOBILE = "13800138000"
pytestmark = pytest.mark.django_db


def send(purpose=Purpose.REGISTER, at=NOON, **more) -> str:
    send_mobile_code(mobile=MOBILE, purpose=purpose, at=at, **more)
    return re.search(r"验证码(\d{6})", SmsMessage.objects.latest("id").body)[1]


def check(code, purpose=Purpose.REGISTER, at=NOON):
    return check_mobile_code(mobile=MOBILE, purpose=purpose, code=code, at=at)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_right_code_verifies_the_mobile_once():
    code = send()
    assert check(code) == MOBILE
    with pytest.raises(CodeRefused, match="重新获取"):
        check(code)


def test_what_is_stored_does_not_contain_the_code():
    code = send()
    assert code not in MobileCode.objects.get().code_hash


def test_a_code_for_one_purpose_opens_no_other():
    code = send(Purpose.REGISTER)
    with pytest.raises(CodeRefused):
        check(code, Purpose.PASSWORD)


@pytest.mark.parametrize(("seconds", "opens"), [(299, True), (300, False)])
def test_five_minutes(seconds, opens):
    code = send()
    if opens:
        assert check(code, at=NOON + timedelta(seconds=seconds))
    else:
        with pytest.raises(CodeRefused, match="失效"):
            check(code, at=NOON + timedelta(seconds=seconds))


def test_five_wrong_tries_spend_it():
    code = send()
    for _ in range(5):
        with pytest.raises(CodeRefused):
            check(wrong(code))
    with pytest.raises(CodeRefused, match="作废"):
        check(code)


def test_a_newer_code_voids_the_older():
    old = send()
    new = send(at=NOON + timedelta(seconds=60))
    if old != new:
        with pytest.raises(CodeRefused):
            check(old, at=NOON + timedelta(seconds=61))
    assert check(new, at=NOON + timedelta(seconds=61))


@pytest.mark.parametrize(("seconds", "sends"), [(59, False), (60, True)])
def test_one_code_per_minute(seconds, sends):
    send()
    later = NOON + timedelta(seconds=seconds)
    if sends:
        assert send(at=later)
    else:
        with pytest.raises(CodeNotSent) as refusal:
            send(at=later)
        assert refusal.value.wait_seconds == 1


def test_ten_codes_a_day():
    for minute in range(codes.MOST_PER_DAY):
        send(at=NOON + timedelta(minutes=minute))
    with pytest.raises(CodeNotSent, match="明天"):
        send(at=NOON + timedelta(hours=1))


def test_an_address_is_limited_too(monkeypatch):
    monkeypatch.setattr(codes, "MOST_PER_ADDRESS", 2)
    for number in range(2):
        send_mobile_code(mobile=f"1380013800{number}", purpose=Purpose.REGISTER, at=NOON, address="10.0.0.1")
    with pytest.raises(CodeNotSent, match="网络"):
        send_mobile_code(mobile="13800138009", purpose=Purpose.REGISTER, at=NOON, address="10.0.0.1")


def test_where_nobody_may_be_told_nothing_leaves_the_house_and_nothing_opens():
    send_mobile_code(mobile=MOBILE, purpose=Purpose.PASSWORD, at=NOON, is_sent=False)
    assert not SmsMessage.objects.exists()
    with pytest.raises(CodeRefused, match="不正确"):
        check("123456", Purpose.PASSWORD)
