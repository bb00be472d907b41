"""Settings of TamHub: everything that differs between installations comes from the environment.

The table of all variables is docs/configuration.md; what would be unsafe in production is refused by
`tamhub.checks`, not silently corrected here.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from tamhub.secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
DATA_DIR = Path(env.str("TAMHUB_DATA", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
SITE_IS_LOCAL = _site.hostname in {"localhost", "127.0.0.1", "::1"}
SITE_IS_SECURE = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=list({_site.hostname, "localhost", "127.0.0.1", "[::1]"}))
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "tamhub.apps.TamHubConfig",
    "demo",
    "desk",
    "quality",
    "incidents",
    "projects",
    "departments",
    "alerts",
    "sla",
    "accounts",
    "kernel",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kernel.middleware.RequestIdMiddleware",
    "kernel.middleware.PrivateResponseMiddleware",
    "kernel.middleware.NulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "kernel.middleware.UploadLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kernel.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
    "kernel.middleware.LostRaceMiddleware",
]
ROOT_URLCONF = "tamhub.urls"
WSGI_APPLICATION = "tamhub.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kernel.context_processors.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "kernel.forms.Renderer"
SHELL_NAVIGATION = "desk.navigation.shell"

# --- databases -------------------------------------------------------------------------------------------------
# SQLite: WAL without IMMEDIATE is the worst choice (a reader that turns writer fails at once); see docs/operation.md.
_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA wal_autocheckpoint=1000;"
    "PRAGMA journal_size_limit=4194304;",
}
_POSTGRESQL = {
    "connect_timeout": 3,
    "keepalives_idle": 30,
    "tcp_user_timeout": 10000,
    "application_name": env.str("TAMHUB_PROCESS", default="tamhub"),
    # jit=off: compiling a query takes longer than any of these queries.
    "options": "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 "
    "-c jit=off",
}
_database_url = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'tamhub.sqlite3'}"
DATABASES = {"default": env.db_url_config(_database_url)}
_database = DATABASES["default"]
IS_SQLITE = _database["ENGINE"].endswith("sqlite3")
_database["OPTIONS"] = {**(_SQLITE if IS_SQLITE else _POSTGRESQL), **_database.get("OPTIONS", {})}
_database["CONN_MAX_AGE"] = 0 if IS_SQLITE else 60
_database["CONN_HEALTH_CHECKS"] = True
if IS_SQLITE:  # an in-memory test database would lock whole tables between threads
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people and sessions ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "sign-in"
# Counted in the database, per account together with the address, so that nobody can lock another out.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.client_ip"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SITE_IS_SECURE
SESSION_COOKIE_NAME = "__Host-sid" if SITE_IS_SECURE else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if SITE_IS_SECURE else "csrf"
SECURE_SSL_REDIRECT = SITE_IS_SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$", r"^api/"]
SECURE_HSTS_SECONDS = 31536000 if SITE_IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SITE_IS_SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/api/v1/docs/",),
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
MAX_UPLOAD_MB = env.int("MAX_UPLOAD_MB", default=25)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000  # a decomposition of 400 rows
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- language and time -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "tamhub" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# --- files -----------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or not STATIC_ROOT.exists()
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "media"  # no address leads there: kernel.files serves what its views let through

# --- mail ------------------------------------------------------------------------------------------------------
# Without a mail server every mail is a file in $TAMHUB_DATA/mail, and readable in the alert log.
vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or f"filemail:///{DATA_DIR / 'mail'}"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="TamHub <tamhub@localhost>")
DUTY_EMAIL = env.str("DUTY_EMAIL", default="duty@localhost")

# --- chat and push: which private hosts may be called, by name or name:port -------------------------------------------
OUTBOUND_ALLOWED_HOSTS = env.list("OUTBOUND_ALLOWED_HOSTS", default=[])

# --- who is told, and when -------------------------------------------------------------------------------------
# The calendar (slug) by whose hours people work who belong to no department with hours, such as TAMs.
OFFICE_CALENDAR = env.str("OFFICE_CALENDAR", default="business-at" if DEMO else "")
# An unacknowledged breach of P1 or P2 goes on to the next in line after so many seconds, where the policy says
# nothing; 0: never.
ALERT_ESCALATE_AFTER_S = env.int("ALERT_ESCALATE_AFTER_S", default=900)
# Called (GET) after full passes while all is well, for a monitor that complains when the calls stop.
HEARTBEAT_URL = env.str("HEARTBEAT_URL", default="")

# --- Celery: carries, never decides ----------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if CELERY_BROKER_URL.startswith("filesystem"):
    _broker = DATA_DIR / "broker"
    for _name in ("messages", "control"):
        (_broker / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 300,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 210
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "metrics"
CELERY_TASK_ROUTES = {"alerts.*": {"queue": "alerts"}, "quality.*": {"queue": "metrics"}}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "alerts.pass": {"task": "alerts.run_pass", "schedule": 5.0, "options": {"expires": 5}},
    "kernel.purge": {"task": "kernel.purge", "schedule": 3600.0, "options": {"expires": 3600}},
    "quality.rollups": {"task": "quality.keep_rollups", "schedule": 10.0, "options": {"expires": 10}},
}

# --- REST ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kernel.api.permissions.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kernel.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "kernel.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": [
        "kernel.api.filters.StrictFilterBackend",
        "kernel.api.filters.StrictSearchFilter",
        "kernel.api.filters.StrictOrderingFilter",
    ],
    "DEFAULT_SCHEMA_CLASS": "kernel.api.schema.Schema",
    "EXCEPTION_HANDLER": "kernel.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "TamHub",
    "DESCRIPTION": "Incidents, clocks, alerts and the quality report of a managed-services provider.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "IncidentStatusEnum": "incidents.models.Status",
        "HoldReasonEnum": "incidents.models.HoldReason",
        "ClockKindEnum": "sla.models.Clock.Kind",
        "ClockStateEnum": "sla.models.Clock.State",
        "PriorityEnum": "sla.models.Priority",
        "BulkOutcomeEnum": "incidents.api.serializers.OUTCOMES",
        "DependencyKindEnum": "projects.models.Dependency.Kind",
        "CheckKindEnum": "projects.models.Check.Kind",
        "RequestStatusEnum": "projects.lifecycle.RequestStatus",
        "TaskStatusEnum": "projects.lifecycle.TaskStatus",
        "BlockReasonEnum": "projects.lifecycle.BlockReason",
        "AttachmentVisibilityEnum": "projects.models.Attachment.Visibility",
        "DocumentVisibilityEnum": "projects.models.Document.Visibility",
    },
}

# --- metrics: /metrics on the web port -----------------------------------------------------------------------------
METRICS_ENABLED = env.bool("METRICS", default=SITE_IS_LOCAL)

# --- logs ------------------------------------------------------------------------------------------------------
# What follows in these addresses is a secret that proves who asks.
SECRET_ADDRESSES = ["/act/t/", "/duty/feed/", "/feedback/", "/unsubscribe/"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "kernel.logs.json_formatter"}, "plain": {"()": "kernel.logs.console_formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain" if SITE_IS_LOCAL else "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # They write addresses of chats, which are secrets; what happened stands in the delivery log.
        "apprise": {"level": "CRITICAL", "propagate": False},
        "urllib3": {"level": "CRITICAL", "propagate": False},
        "requests_oauthlib": {"level": "CRITICAL", "propagate": False},
        "oauthlib": {"level": "CRITICAL", "propagate": False},
    },
}
