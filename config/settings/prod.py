"""Production: every secret comes from the environment and a missing or weak one refuses the start."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import DATABASE_URL, HUZHU_FINGERPRINT_KEY, HUZHU_SEAL_KEYS, SECRET_KEY, env

for _name, _is_strong in {
    "HUZHU_SECRET_KEY": len(SECRET_KEY) >= 50 and len(set(SECRET_KEY)) >= 16,
    "HUZHU_SEAL_KEYS": bool(HUZHU_SEAL_KEYS) and all(len(key) == 32 for key in HUZHU_SEAL_KEYS.values()),
    "HUZHU_FINGERPRINT_KEY": len(HUZHU_FINGERPRINT_KEY) >= 32,
    "DATABASE_URL": bool(DATABASE_URL),
}.items():
    if not _is_strong:
        raise ImproperlyConfigured(f"{_name} is missing or too weak; see .env.example")

DEMO = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("HUZHU_BEHIND_TLS_PROXY", False) else None
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
CSRF_TRUSTED_ORIGINS: list[str] = env.list("HUZHU_ORIGINS", [])
