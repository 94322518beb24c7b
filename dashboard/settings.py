"""Django's settings, derived from the environment (`dashboard/environment.py`) and nothing else."""

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from csp.constants import NONE, SELF

from dashboard.demo.environment import as_demo, is_demo
from dashboard.environment import ROOT, read_environment, read_or_make_secret_key
from dashboard.media_storage import media_storage_setting

DEMO = is_demo()
ENVIRONMENT = as_demo(read_environment()) if DEMO else read_environment()

BASE_DIR = ROOT
DATA_DIR = ENVIRONMENT.DATA_DIR
DEBUG = ENVIRONMENT.DEBUG
SECRET_KEY = ENVIRONMENT.SECRET_KEY or read_or_make_secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = ENVIRONMENT.SECRET_KEY_FALLBACKS
PUBLIC_URL = ENVIRONMENT.PUBLIC_URL

_public = urlsplit(PUBLIC_URL)
_loopback = ["localhost", "127.0.0.1", "[::1]"]
_secure = _public.scheme == "https"

ALLOWED_HOSTS = ENVIRONMENT.ALLOWED_HOSTS or [*([_public.hostname] if _public.hostname else []), *_loopback]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "daphne",
    "servestatic",
    "tasks.apps.TasksConfig",
    "dashboard.apps.DashboardConfig",
    "dashboard.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "ninja",
    "channels",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "dashboard.media.streams.free_database",
    "dashboard.errors.api_answers_json",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashboard.people.personal",
]

ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.people.page_context",
            ],
            "builtins": ["dashboard.templatetags.dailies"],
        },
    }
]


def _database() -> dict[str, Any]:
    url = ENVIRONMENT.DATABASE_URL or f"sqlite:///{DATA_DIR / 'dailies.sqlite3'}"
    config: dict[str, Any] = dict(dj_database_url.parse(url))
    if config["ENGINE"].endswith("sqlite3"):
        # Few PRAGMAs: under ASGI every request opens a connection of its own and pays for them.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        config["CONN_MAX_AGE"] = 0
        config["CONN_HEALTH_CHECKS"] = True  # a restarted server leaves dead connections in the pool
        config.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [ENVIRONMENT.REDIS_URL], "prefix": "dailies"},
        }
        if ENVIRONMENT.REDIS_URL
        # Room for a burst: all of it is put there before anybody takes the first message out. And no end of
        # a membership after a day: hub and poller join once and listen for as long as the process lives.
        else {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10_000, "group_expiry": 10 * 366 * 24 * 3600},
        }
    )
}
METRICS_PUBLIC = ENVIRONMENT.METRICS_PUBLIC
LAYER_IS_SHARED = bool(ENVIRONMENT.REDIS_URL)

# It counts sign-in attempts. With Django's 300 entries whoever guesses could push out what is counted of them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["dashboard.people.PeopleBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "tasks"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
# In an installed package they lie in dashboard/static, where Django finds them by itself.
STATICFILES_DIRS = [folder for folder in [ROOT / "static"] if folder.is_dir()]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_DELIVERY = ENVIRONMENT.MEDIA_DELIVERY
MEDIA_MAX_FILE = ENVIRONMENT.MEDIA_MAX_FILE
MEDIA_QUOTA = ENVIRONMENT.MEDIA_QUOTA
INCOMING_ROOT = DATA_DIR / "incoming"
STATIC_BACKEND = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "servestatic.storage.CompressedManifestStaticFilesStorage"
)
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "media": dict(media_storage_setting(ENVIRONMENT.MEDIA_STORAGE, MEDIA_ROOT)),
    "staticfiles": {"BACKEND": STATIC_BACKEND},
}

TASK_REPRESENTATION = "dashboard.api.representation.task_json"
ACCOUNT_REPRESENTATION = "dashboard.api.representation.account_json"
NOTIFY_PRIVATE_HOSTS = frozenset(ENVIRONMENT.NOTIFY_PRIVATE_HOSTS)
SITE_TIME_ZONE = ZoneInfo(ENVIRONMENT.SITE_TIME_ZONE)

SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_NAME = "dailies_session"
CSRF_COOKIE_NAME = "dailies_csrf"
CSRF_FAILURE_VIEW = "dashboard.pages.failures.csrf"
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
USE_X_FORWARDED_HOST = _secure
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": f"dashboard.masked_lines.{'JsonLines' if ENVIRONMENT.LOG_FORMAT == 'json' else 'MaskedLines'}",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "layer": {"class": "tasks.outages.LayerTrouble", "formatter": "line"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "tasks": {"level": ENVIRONMENT.LOG_LEVEL},
        "dashboard": {"level": ENVIRONMENT.LOG_LEVEL},
        # Django's own handlers know no masks: what it says goes the way of everything else.
        "django": {"level": "WARNING", "handlers": [], "propagate": True},
        "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
        "daphne": {"level": "WARNING"},
        "channels_redis": {"handlers": ["layer"], "propagate": False},
        "psycopg.pool": {"level": "ERROR"},  # we say ourselves that the database is away, once
    },
}
