"""How production starts, and when it does not: secrets, plain http, nothing of the demonstration."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(bytes(range(32))).decode()
STRONG = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "HUZHU_SECRET_KEY": base64.b64encode(bytes(range(48))).decode(),
    "HUZHU_SEAL_KEYS": f"1:{KEY}",
    "HUZHU_FINGERPRINT_KEY": KEY,
    "DATABASE_URL": "postgresql://huzhu_app@127.0.0.1:1/huzhu",
    "HUZHU_POOLED": "0",
}
QUESTIONS = """
import django; django.setup()
from django.conf import settings
from django.test import Client
from django.urls import reverse
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # not collected here
assert settings.DEMO is False and settings.DEBUG is False
client = Client(headers={"host": "localhost"}, raise_request_exception=False)
ask = {"secure": True}
page = client.get(reverse("public:login"), **ask)
assert page.status_code == 200 and "演示" not in page.content.decode(), page.content
for name in ("public:gallery", "public:demo-phone"):
    assert client.get(reverse(name), **ask).status_code == 404, name
assert client.post(reverse("public:demo-sign-in"), {"user": 1}, **ask).status_code == 404
from huzhu.accounts import signing_in
from huzhu.accounts.models import User
try:
    signing_in.check_sent_code(user=User(mobile="x"), code="000000", purpose="device", asked_by="", at=None, by=None)
except Exception as error:
    assert type(error).__name__ == "MobileRefused", error
else:
    raise AssertionError("the fixed factor opens")
print("nothing of the demonstration")
"""
pytestmark = pytest.mark.slow


def run(*words: str, **changes: str) -> subprocess.CompletedProcess:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUZHU_", "DATABASE_", "DJANGO_"))
    }
    given = {name: value for name, value in (kept | STRONG | changes).items() if value}
    return subprocess.run(
        [sys.executable, *words], env=given, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_deployment_check_has_no_warning():
    answer = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert answer.returncode == 0, answer.stderr
    assert "WARNINGS" not in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUZHU_SECRET_KEY", ""),
        ("HUZHU_SECRET_KEY", "too short"),
        ("HUZHU_SECRET_KEY", "ab" * 40),
        ("HUZHU_SEAL_KEYS", ""),
        ("HUZHU_SEAL_KEYS", "1:c2hvcnQ="),
        ("HUZHU_FINGERPRINT_KEY", ""),
        ("HUZHU_FINGERPRINT_KEY", "c2hvcnQ="),
    ],
)
def test_a_missing_or_weak_secret_refuses_the_start(name, value):
    answer = run("-c", "import django; django.setup()", **{name: value})
    assert answer.returncode != 0
    assert f"{name} is missing or too weak" in answer.stderr


def test_production_has_nothing_of_the_demonstration_even_if_asked():
    answer = run("-c", QUESTIONS, HUZHU_DEMO="1", HUZHU_POOLED="0")
    assert "nothing of the demonstration" in answer.stdout, answer.stderr[-2000:]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "huzhu.example.org"])
def test_plain_http_beyond_this_machine_refuses_the_start(host):
    answer = run("-m", "huzhu.cli.main", "run", "--host", host)
    assert answer.returncode == 2
    assert "Plain http is for this machine only" in answer.stderr


def test_behind_a_declared_proxy_it_goes_on():
    """Past the refusal: the next thing it wants is the database, which is not there."""
    answer = run("-m", "huzhu.cli.main", "run", "--host", "0.0.0.0", HUZHU_BEHIND_TLS_PROXY="1")
    assert "Plain http" not in answer.stderr
    assert "127.0.0.1" in answer.stderr


def test_the_demonstration_runs_on_this_machine_only():
    answer = run("-m", "huzhu.cli.main", "run", "--host", "0.0.0.0", DJANGO_SETTINGS_MODULE="")
    assert answer.returncode == 2
    assert "Demo mode runs on this machine only" in answer.stderr
