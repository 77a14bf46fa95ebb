"""`make run`: demo mode on loopback with seeded people. Refused on any other address by `huzhu run`."""

import base64
import hashlib

from .base import *  # noqa: F403
from .base import STORAGES, VAR, env

DEBUG = env.bool("HUZHU_DEBUG", False)
DEMO = env.bool("HUZHU_DEMO", True)


def _demo_key(name: str, size: int = 32) -> bytes:
    """A key for invented people only: made once per checkout and kept beside the demo data."""
    path = VAR / "demo-keys" / name
    if not path.exists():
        import secrets

        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(secrets.token_bytes(size))
        path.chmod(0o600)
    return path.read_bytes()


SECRET_KEY = base64.b64encode(_demo_key("django")).decode()
HUZHU_SEAL_KEYS = {1: hashlib.sha256(_demo_key("seal")).digest()}
HUZHU_SEAL_CURRENT = 1
HUZHU_FINGERPRINT_KEY = _demo_key("fingerprint")

# No collecting of files before the first page: they are served from where they are.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
