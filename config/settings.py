"""Django settings: constants here, differences between places in config/env.py."""

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from app.blog.embeds import FRAME_SOURCES
from config import env as environment
from config.logging import logging_config

ROOT = Path(__file__).resolve().parent.parent
ENV = environment.read()

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = list(ENV.secret_key_fallbacks)
SITE_URL = ENV.site_url
SITE_NAME = ENV.site_name
SITE_OVERRIDES = ENV.site_overrides
ALLOWED_HOSTS = list(ENV.allowed_hosts)
DATA_DIR = ENV.data_dir
PORT = ENV.port
FLOWER_PORT = ENV.flower_port
FLOWER_URL = ENV.flower_url
METRICS_TOKEN = ENV.metrics_token
FLOWER_BASIC_AUTH = ENV.flower_basic_auth

ROOMS = [
    "owed", "app.site", "app.dispatch", "app.mail", "app.outbound", "app.accounts", "app.log", "app.blog", "app.newsletter",
    "app.notices", "app.feeds", "app.social", "app.search", "app.stats", "app.webhooks", "app.audit", "app.second_factor",
    "app.openid", "app.members", "app.team", "app.importer", "app.backup", "app.exporter", "app.studio", "app.api", "app.web",
]  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_results",
    "django_htmx",
    "csp",
    *ROOMS,
    "tasks",
    "worker",
]
MIDDLEWARE = [
    "app.middleware.request_id.request_id",
    "app.middleware.http_metrics.http_metrics",
    "app.middleware.trusted_proxies.client_address",
    "app.middleware.compression.CompressText",
    "app.middleware.private_pages.private_pages",
    "app.middleware.malformed.Malformed",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "app.middleware.publication.publication",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "app.middleware.trailing_space.no_trailing_space",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "app.middleware.own_language.own_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "app.log.acting.of_request",
    "app.middleware.htmx_sign_in.whole_page",
    "app.second_factor.required.required",
    "app.web.redirects.old_addresses",
    "app.middleware.debug_404.own_page",
]
ROOT_URLCONF = "config.urls"
# Not what a request says of itself: what is cached for all would hold it.
FORCE_SCRIPT_NAME = ""
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            # Every text that a person sees is marked, and every time is written for programs too: no {% load %} in each file.
            "builtins": ["django.templatetags.i18n", "django.templatetags.l10n", "app.site.templatetags.moments"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "app.site.context.site",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **dj_database_url.parse(ENV.database_url),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A pooler in transaction mode may stand before the database: a cursor there does not outlive its transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "app.pagecache.backend.Cache",
        "LOCATION": ENV.redis_url,
        "TIMEOUT": 3600,
        "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.5},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SECOND_FACTOR_FOR = ENV.second_factor_for
OIDC_ISSUER = ENV.oidc_issuer
OIDC_CLIENT_ID = ENV.oidc_client_id
OIDC_CLIENT_SECRET = ENV.oidc_client_secret
OIDC_NAME = ENV.oidc_name
OIDC_LINK_BY_EMAIL = ENV.oidc_link_by_email
OIDC_NEW_ACCOUNTS = ENV.oidc_new_accounts
OIDC_SECOND_FACTOR = ENV.oidc_second_factor
PASSWORD_RESET_TIMEOUT = 86_400  # the mail says so: a day
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
# Those that the interface is translated into, a folder of locale/ each (docs/howto/translate.md). A site may have others.
LANGUAGES = [
    ("en", "English"),
    ("ar", "Arabic"),
    ("de", "German"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("pt-br", "Brazilian Portuguese"),
]
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "app.site.formats"
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = None if DEBUG else DATA_DIR / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = ENV.media_dir
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Not below MEDIA_ROOT: an export holds drafts, and the addresses of those who commented.
    "imports": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "imports"}},
    # Not below MEDIA_ROOT either, and a folder of their own: a sweep of one deletes nothing of the other.
    "exports": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "exports"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# As WhiteNoise decides, but also while tests turn DEBUG off: it listed every file for each new client, a third of their time.
WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "app.blog.upload_handler.TolerantHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 2**20
IMPORT_MAX_BYTES = ENV.import_max_mb * 2**20

# What to do where the tables are not those of this release although every migration is recorded.
SCHEMA_ADVICE = "A migration was changed after this database applied it. " + (
    "`python -m tools.devserver rebuild` puts the old data aside and keeps it; `make run` then makes a new demo."
    if ENV.bundled_database
    else "Nothing was changed for you: docs/howto/upgrade.md says how to bring the tables up."
)
EMAIL_URL = ENV.email_url
DEFAULT_FROM_EMAIL = ENV.default_from_email
SUBMISSIONS_DIR = DATA_DIR / "submissions"
BOUNCE_ADDRESS = ENV.bounce_address
BOUNCE_MAILBOX = ENV.bounce_mailbox
MAIL_WINDOW = ENV.mail_window
MAIL_EVENTS = ENV.mail_events
DNS_SERVER = ENV.dns_server
DKIM_KEYS = ENV.dkim_keys
DKIM_DOMAIN = ENV.dkim_domain
MAIL_REFUSALS_AMONG = ENV.mail_refusals_among
MAIL_REFUSALS_PERCENT = ENV.mail_refusals_percent
MAILBOX_DIR = DATA_DIR / "mailbox" if ENV.bundled_mail else None
NOTICE_QUIET = ENV.notice_quiet
EFFECTS_LATE_AFTER = ENV.effects_late_after
ANNOUNCE_WITHIN = ENV.announce_within
MAILING_DELAY = ENV.mailing_delay
OUTBOUND_ALLOW = ENV.outbound_allow
TRUSTED_PROXIES = ENV.trusted_proxies
PEERTUBE_HOSTS = ENV.peertube_hosts
OWED_RETENTION = ENV.retention
DEAD_EFFECTS_RETENTION = ENV.dead_effects_retention
RESULTS_RETENTION = ENV.results_retention
DELIVERIES_RETENTION = ENV.deliveries_retention
CONFIRMATIONS_RETENTION = ENV.confirmations_retention
NOTICES_RETENTION = ENV.notices_retention
LOG_RETENTION = ENV.log_retention
SHARES_RETENTION = ENV.shares_retention
OWED_METRICS_PREFIX = "afterword"
OWED_CELERY_RESULTS = ENV.celery_results
OWED_RING_AFTER = ENV.effects_ring_after_seconds
OWED_LEASE_MARGIN = ENV.effects_lease_margin_seconds

CELERY_BROKER_URL = ENV.celery_broker_url

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # A page by https asks for every picture by https, whatever its address says; only a site without https shows others.
        "img-src": [SELF, "data:", "https:", *([] if SITE_URL.startswith("https://") else ["http:"])],
        "upgrade-insecure-requests": SITE_URL.startswith("https://"),
        "frame-src": [SELF, *FRAME_SOURCES, *(f"https://{host}" for host in PEERTUBE_HOSTS)],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
CSRF_COOKIE_HTTPONLY = True
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
if SITE_URL.startswith("https://"):
    CSRF_TRUSTED_ORIGINS = [SITE_URL]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

LOGGING = logging_config(ENV.log_format)
