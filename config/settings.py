"""Every setting, from the environment alone. docs/settings.md lists the variables; a test keeps it true."""

from datetime import timedelta

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from config import env, policies
from config.logs import logging_config
from config.look import UNFOLD  # noqa: F401  Django reads it from here
from config.openapi import SPECTACULAR_SETTINGS  # noqa: F401
from config.paths import (
    BASE_DIR,
    BEAT_FILE,
    BROKER_FILE,
    EGRESS_ALLOW_FILE,
    ENCRYPTION_KEYS_FILE,
    SECRET_KEY_FILE,
    SQLITE_FILE,
    STATIC_DIR,
)

# Core

DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "encrypted_model_fields",
    "config",
    "tenants",
    "destinations",
]
MIDDLEWARE = [
    "config.middleware.RequestLogMiddleware",
    "config.middleware.ContentPolicyMiddleware",
    "config.faces.HttpsOnlyMiddleware",
    "config.faces.ReadableMiddleware",
    "config.faces.FailedSignInMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORMS_URLFIELD_ASSUME_HTTPS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# Keys

SECRET_KEY = env.secret("SECRET_KEY", fallback=SECRET_KEY_FILE)
# Fernet keys: the first encrypts, every one decrypts.
FIELD_ENCRYPTION_KEY = env.keys("FIELD_ENCRYPTION_KEY", fallback=ENCRYPTION_KEYS_FILE)
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "LANDFALL_SECRET_KEY is not set: give it 50 or more random characters, "
        "or run `python3 manage.py start`, which makes one."
    )
if not FIELD_ENCRYPTION_KEY:
    raise ImproperlyConfigured(
        "LANDFALL_FIELD_ENCRYPTION_KEY is not set: give it the key that this database was encrypted with, for a new "
        "one the output of `openssl rand -base64 32 | tr '+/' '-_'`, or run `python3 manage.py start`, which makes one."
    )

# Database

DATABASES = {"default": env.database("DATABASE_URL") or {"ENGINE": "django.db.backends.sqlite3", "NAME": SQLITE_FILE}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Without these, writers in several processes fail with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
# A connection for each request would cost more than most requests do.
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}

# Sign-in

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"
CSRF_TRUSTED_ORIGINS = env.items("TRUSTED_ORIGINS")
SESSION_HOURS = env.number("SESSION_HOURS", 12, minimum=1)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page

# HTTPS: ends at a proxy, which must set X-Forwarded-Proto itself

HTTPS = env.flag("HTTPS", False)
# Browsers let no other host set a cookie with this prefix.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    f"__Host-landfall_{name}" if HTTPS else f"landfall_{name}" for name in ("session", "csrf")
)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# How many proxies in front append to X-Forwarded-For
PROXIES = env.number("PROXIES", 0, maximum=16)
HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
# Whether sibling host names are HTTPS-only too is not for this installation to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CONTENT_SECURITY_POLICY = {"DIRECTIVES": policies.PAGE}

# Static files

STATIC_URL = "static/"
STATIC_ROOT = STATIC_DIR
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# API

REST_FRAMEWORK = {
    # What a view does not say otherwise: nobody enters without a key or a session.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.authentication.KeyAuthentication",
        "tenants.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Web server, as `manage.py start` runs it

START_HOST = env.text("HOST", "127.0.0.1")
START_PORT = env.number("PORT", 8000, maximum=65_535)
WEB_WORKERS = env.number("WEB_WORKERS", 2, minimum=1)
WEB_THREADS = env.number("WEB_THREADS", 8, minimum=1)

# What may be sent: bytes of a body, levels of JSON in it, and seconds until all of it is here

MAX_BODY = DATA_UPLOAD_MAX_MEMORY_SIZE = env.number("MAX_BODY", 2**20, minimum=2**10)
MAX_DEPTH = env.number("MAX_DEPTH", 32, minimum=8, maximum=128)
REQUEST_TIMEOUT = env.number("REQUEST_TIMEOUT", 20, minimum=1)

# Destinations

DESTINATIONS_PER_TENANT = env.number("DESTINATIONS_PER_TENANT", 0)
TOPICS = env.items("TOPICS")
TOPICS_WILDCARDS = env.flag("TOPICS_WILDCARDS", False)
EGRESS_ALLOW = env.networks("EGRESS_ALLOW", fallback=EGRESS_ALLOW_FILE)
EGRESS_DENY = env.networks("EGRESS_DENY")
EGRESS_DENY_PORTS = env.ports("EGRESS_DENY_PORTS", "25")
EGRESS_NAMESERVERS = env.addresses("EGRESS_NAMESERVERS")
# The AWS user that policies of buckets let in
AWS_ACCESS_KEY_ID = env.text("AWS_ACCESS_KEY_ID")
AWS_SECRET_ACCESS_KEY = env.secret("AWS_SECRET_ACCESS_KEY")
AWS_ENDPOINT = env.url("AWS_ENDPOINT")

# Limits; 0 is none

FAILED_SIGN_INS_PER_NAME = env.number("FAILED_SIGN_INS_PER_NAME", 10)
FAILED_SIGN_INS_PER_ADDRESS = env.number("FAILED_SIGN_INS_PER_ADDRESS", 100)
REQUESTS_PER_KEY = env.number("REQUESTS_PER_KEY", 6_000)
CHECKS_PER_TENANT = env.number("CHECKS_PER_TENANT", 60)

# Outpost's API

OUTPOST_JWT_SECRET = env.secret("OUTPOST_JWT_SECRET")
OUTPOST_SIGNATURE = env.choice("OUTPOST_SIGNATURE", ("outpost", "standard"), "outpost")
OUTPOST_VERIFY_HOOKDECK = env.flag("OUTPOST_VERIFY_HOOKDECK", True)

# Cloudflare's API

CLOUDFLARE_HIDE_HEADERS = env.items("CLOUDFLARE_HIDE_HEADERS")

# Planet's API

PLANET_RATE = env.number("PLANET_RATE", 50)

# Redox's API

REDOX_ALLOW_PRODUCTION_DELETE = env.flag("REDOX_ALLOW_PRODUCTION_DELETE", True)
REDOX_UNKNOWN_CLOUD = env.choice("REDOX_UNKNOWN_CLOUD", ("reject", "opaque"), "reject")

# Stitch's API

STITCH_DESTINATIONS_PER_ACCOUNT = env.number("STITCH_DESTINATIONS_PER_ACCOUNT", 1)
STITCH_SECRETS = env.choice("STITCH_SECRETS", ("mask", "omit"), "mask")
STITCH_HIDES = env.choice("STITCH_HIDES", ("credentials", "secrets"), "credentials")
STITCH_REQUIRE_CHECK = env.flag("STITCH_REQUIRE_CHECK", False)

# Connection checks; times in seconds

CHECK_TIMEOUT = env.number("CHECK_TIMEOUT", 20, minimum=1)
CHECK_INTERVAL = env.number("CHECK_INTERVAL", 900, minimum=10)
CHECK_BACKOFF_MAX = env.number("CHECK_BACKOFF_MAX", 21_600, minimum=10)
CHECK_LEASE = env.number("CHECK_LEASE", 30, minimum=2)
CHECK_WINDOW = env.number("CHECK_WINDOW", 256, minimum=1)
CHECK_WINDOW_SESSIONS = env.number("CHECK_WINDOW_SESSIONS", 32, minimum=1)
CHECK_WINDOW_PER_HOST = env.number("CHECK_WINDOW_PER_HOST", 8, minimum=1)
CHECK_WINDOW_PER_TENANT = env.number("CHECK_WINDOW_PER_TENANT", 64, minimum=1)
CHECK_RETENTION_DAYS = env.number("CHECK_RETENTION_DAYS", 30, minimum=1)

# Celery

SWEEP_SLOTS = env.number("SWEEP_SLOTS", 2, minimum=1, maximum=64)
SWEEP_TICK = timedelta(seconds=5)
CELERY_BROKER_URL = env.secret("BROKER_URL") or f"sqla+sqlite:///{BROKER_FILE}"
if CELERY_BROKER_URL.startswith("sqla+sqlite"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"connect_args": {"timeout": 20}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The database is the queue: messages only wake, so nothing is kept of them.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = SWEEP_SLOTS
# Seconds in which a process of the pool has to be ready; it looks into the database first, which may be busy.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 30
CELERY_TIMEZONE = TIME_ZONE
# Celery's Django support closes the database connection around every task unless this is set.
CELERY_DB_REUSE_MAX = 10_000
CELERY_BEAT_SCHEDULE_FILENAME = str(BEAT_FILE)
CELERY_BEAT_SCHEDULE = {
    f"sweep {slot}": {
        "task": "destinations.tasks.sweep",
        "schedule": SWEEP_TICK,
        # A sweep that no worker took before the next tick is not worth doing.
        "options": {"expires": SWEEP_TICK.total_seconds() - 0.5},
    }
    for slot in range(1, SWEEP_SLOTS + 1)
} | {
    "prune checks": {"task": "destinations.tasks.prune", "schedule": crontab(hour="3", minute="17")},
    "prune what is spent": {"task": "tenants.tasks.prune", "schedule": crontab(hour="3", minute="27")},
    "prune messages": {"task": "config.tasks.prune_messages", "schedule": timedelta(minutes=10)},
}

# Logging

LOG_LEVEL = env.choice("LOG_LEVEL", ("debug", "info", "warning", "error"), "info").upper()
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "console"), "json")
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL)
