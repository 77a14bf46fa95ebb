"""What may be a password: 30 that may, 60 that may not, under both profiles."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from config.settings.passwords import PROFILES
from huzhu.accounts import passwords
from tests.factories.accounts import UserFactory

GOOD = (
    """
Correct horse battery staple 9|Spring-rain on 7 roofs
我在2011年学会了骑车Ok|Nine green bottles, 1 falls
春天 Yuexiu 山上看花 3 朵
Kettle/Window/42/Lamp|blue Whale sings at 5am
Tea for two and 2 for tea|Lantern+Marble+Quartz7
老张家的 Cat 生了 5 只
The 3rd door is never locked|Riverbank at dusk, 1987
my Bicycle has 3 wheels!|Paper boats & 12 candles
窗外下雨 Then 停了 4 次
Umbrella-Saxophone-Tundra-6|what a Strange 8 legged day
Ginger biscuit No. 14, please|Seven Sisters sail 2 sea
外婆做的 Tangyuan 第8碗最甜
Violet thunder under 6 bridges|One Thousand paper cranes 0
Quick silver minnow X4|Half past 9 on a Tuesday
桂花树下等了 2 Hours
Zebra crossing, 11 stripes|Old maps fold badly 5x
Every Monday 2 noodles|Salt & pepper & 1 Lemon
山高路远 Keep 走 99 步
""".strip()
    .replace("\n", "|")
    .split("|")
)
BAD = (
    """
short|Ab1!|Sunny-7|12345678901|elevenchars|password1234|Password1234!|P@ssw0rd1234|passwordpassword|PasswordPassword1!
123456789012|1234567890123456|098765432109|111111111111|000000000000|aaaaaaaaaaaa|abababababab|abcabcabcabc|Abcabcabcabc1!|qwertyuiop123
Qwertyuiop123!|qwertyqwerty|1qaz2wsx3edc|1q2w3e4r5t6y|abcdefghijkl|Abcdefghijkl1|zyxwvutsrqpo|iloveyou1234|Iloveyou2026!|sunshine2026
Sunshine2026!!|football1234|dragon123456|monkey!!!!!!|Princess2026!|letmein12345|welcome12345|Welcome2026!!|admin1234567|Administrator1
huzhu@2026!!|Huzhu2026!!!|互助会互助会2026年|工会工会工会2026!A|gonghui20261|Gonghui@2026|zhigong12345|guangdong2026|Baozhang2026!|canbao123456
职工保障互助会2026|广东省互助会@2026|13912345678a|A13912345678!|zhangsanfeng1|Zhangsanfeng!|superman1234|Michael2026!|trustno1trustno1|monkeymonkey1!
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.fixture(params=PROFILES)
def profile(request, settings):
    settings.AUTH_PASSWORD_VALIDATORS = PROFILES[request.param].validators
    return request.param


@pytest.fixture
def user(db):
    return UserFactory(mobile="13912345678", name="zhangsanfeng")


def test_there_are_thirty_and_sixty():
    assert len(set(GOOD)) == 30
    assert len(set(BAD)) == 60


@pytest.mark.parametrize("password", GOOD)
def test_good_ones(profile, user, password):
    validate_password(password, user)


@pytest.mark.parametrize("password", BAD)
def test_bad_ones(profile, user, password):
    with pytest.raises(ValidationError):
        validate_password(password, user)


def test_the_list_holds_a_hundred_thousand():
    assert len(passwords.get_common_passwords()) >= 100_000


def test_the_list_is_what_refuses_common_ones(profile, user, monkeypatch):
    """The twin without the list: the same password passes everything else."""
    with pytest.raises(ValidationError):
        validate_password("Sunshine2026!!", user)
    monkeypatch.setattr(passwords, "get_common_passwords", frozenset)
    validate_password("Sunshine2026!!", user)


@pytest.mark.parametrize("length", [64, 100, 128])
def test_long_ones_may_be(profile, user, length):
    validate_password(("Winter lake 9, " * 9)[:length] + "z", user)


def test_only_the_second_profile_asks_for_kinds_of_characters_and_for_another_one(user, settings):
    words = "correct horse battery staple"
    settings.AUTH_PASSWORD_VALIDATORS = PROFILES["asvs"].validators
    validate_password(words, user)
    assert "三种" not in passwords.get_advice()
    settings.AUTH_PASSWORD_VALIDATORS = PROFILES["mlps"].validators
    with pytest.raises(ValidationError, match="三种"):
        validate_password(words, user)
    assert "三种" in passwords.get_advice()
    user.set_password(GOOD[0])
    with pytest.raises(ValidationError, match="当前"):
        validate_password(GOOD[0], user)
