"""The test suite: its own embedded cluster, the run-time role, everything strict."""

import os
from pathlib import Path

from huzhu.shared import postgres

if "DATABASE_URL" not in os.environ:
    _server = postgres.start_embedded(Path(__file__).resolve().parents[2] / "var" / "pg-test", durable=False)
    os.environ["HUZHU_TEST_SERVER_URL"] = _server.get_uri()
    os.environ["DATABASE_URL"] = postgres.url_for(_server.get_uri(), role=postgres.APP, name="huzhu_tests")
    os.environ["DATABASE_OWNER_URL"] = postgres.url_for(_server.get_uri(), role=postgres.OWNER, name="huzhu_tests")

from .base import *  # noqa: F403
from .base import DATABASE_URL, database

SECRET_KEY = "only for tests " * 4
HUZHU_SEAL_KEYS = {1: b"one key of thirty-two bytes long", 2: b"two key of thirty-two bytes long"}
HUZHU_SEAL_CURRENT = 2
HUZHU_FINGERPRINT_KEY = b"a fingerprint key for the tests!"
DEMO = False
DATABASES = {"default": database(DATABASE_URL, pooled=False)}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "huzhu.accounts.hashers.ModestArgon2Hasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STATIC_ROOT = ROOT / "build" / "assets"  # noqa: F405 - of base; a folder that is there
