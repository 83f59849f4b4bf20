"""Django's settings, made from the clinic's directory that ATARAXY_CLINIC_HOME names. Reading them fails loudly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ataraxy.clinic.home import ClinicHome, database_parts

HOME = ClinicHome.from_environment()
HERE = Path(__file__).parent

BASE_DIR = HOME.path
DEBUG = HOME.settings.debug
SECRET_KEY = HOME.secret()
ALLOWED_HOSTS = list(HOME.hosts)
ROOT_URLCONF = "ataraxy.clinic.urls"
WSGI_APPLICATION = "ataraxy.clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = HOME.settings.time_zone
USE_TZ = True
USE_I18N = False
LANGUAGE_CODE = "en"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "ataraxy.clinic.accounts",
    "ataraxy.clinic.access",
    "ataraxy.clinic.pages.questionnaire",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "ataraxy.clinic.access.headers.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ataraxy.clinic.watching.WatchMiddleware",
    "ataraxy.clinic.access.middleware.AccessMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

_page_templates = sorted(str(folder) for folder in (HERE / "pages").glob("*/templates"))
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(HERE / "templates"), *_page_templates],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ataraxy.clinic.context.clinic",
            ],
            "builtins": ["ataraxy.clinic.templatetags.parts", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "ataraxy.clinic.forms.Renderer"

# --- stores ---------------------------------------------------------------------------------------------------

DATABASES = {"default": database_parts(HOME.accounts_url)}
# One cache for all workers, that survives a restart: the counters of failed sign-ins live in it. Nothing of it may be
# dropped for want of space before its time, or a flood of names would unlock an account.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clinic_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}

# --- signing in -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "ataraxy.clinic.accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("sign_in_name", "display_name")},
    },
    {"NAME": "ataraxy.clinic.accounts.passwords.ClinicNameValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "ataraxy.clinic.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "sign_in_name"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {
    # Five failures for one name lock that name for ten minutes; ten a minute lock an address.
    "login_failed": "10/m/ip,5/600s/key",
    "login": "60/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    # Of a second person at somebody else's screen: a PIN has six digits.
    "second_person": "5/600s/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HOME.settings.trusted_proxy else 0

ACCOUNT_FORMS = {
    "login": "ataraxy.clinic.accounts.forms.SignInForm",
    "change_password": "ataraxy.clinic.accounts.forms.NewPasswordForm",
    "reauthenticate": "ataraxy.clinic.accounts.forms.PasswordAgainForm",
}
MFA_FORMS = {
    "authenticate": "ataraxy.clinic.accounts.forms.CodeForm",
    "reauthenticate": "ataraxy.clinic.accounts.forms.CodeAgain",
    "activate_totp": "ataraxy.clinic.accounts.forms.FirstCodeForm",
}

MFA_ADAPTER = "ataraxy.clinic.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Browsers give passkeys to http://localhost only; the origin is compared with the host in either case.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HOME.secure
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = HOME.settings.name
MFA_TOTP_TOLERANCE = 1

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(HOME.settings.session_hours * 3600)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- what goes over the wire ----------------------------------------------------------------------------------

# __Host- binds a cookie to this host and to TLS; browsers refuse the prefix without TLS.
SESSION_COOKIE_NAME = "__Host-ataraxy" if HOME.secure else "ataraxy"
CSRF_COOKIE_NAME = "__Host-ataraxy-form" if HOME.secure else "ataraxy-form"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HOME.secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "ataraxy.clinic.access.errors.csrf_failure"
SECURE_SSL_REDIRECT = HOME.secure
SECURE_HSTS_SECONDS = 31_536_000 if HOME.secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HOME.secure
SECURE_HSTS_PRELOAD = HOME.secure
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # The QR code of an authenticator app is an image inside the page.
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
if HOME.secure:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["upgrade-insecure-requests"] = True  # type: ignore[assignment]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 5

STATIC_URL = "static/"
STATICFILES_DIRS = [str(HERE / "static")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "ataraxy.clinic.assets.VersionedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Asked again each time, and answered 304: modules of two versions side by side would stop the run sheet on a tablet
# for as long as one of them is kept.
WHITENOISE_MAX_AGE = 0

# --- what is written down about it ----------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"discreet": {"()": "ataraxy.clinic.access.discretion.DiscreetFilter"}},
    "formatters": {"discreet": {"()": "ataraxy.clinic.access.discretion.DiscreetFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["discreet"], "formatter": "discreet"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
