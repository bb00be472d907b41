"""System checks of the settings. An installation is in production when SITE_URL is not this machine itself."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

LOCAL_MAIL = {
    "django.core.mail.backends.filebased.EmailBackend",
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
    "django.core.mail.backends.locmem.EmailBackend",
}


@register(Tags.security)
def duty_mailbox(**_: Any) -> list[CheckMessage]:
    """The last recipient of every alert must exist: without it an alert could have nobody to go to."""
    try:
        validate_email(settings.DUTY_EMAIL.replace("@localhost", "@localhost.localdomain"))
    except ValidationError:
        return [
            Error(
                f"DUTY_EMAIL is not a mail address: {settings.DUTY_EMAIL!r}.",
                id="tamhub.E001",
                hint="Set DUTY_EMAIL to the mailbox that is read around the clock.",
            )
        ]
    return []


@register(Tags.security)
def production(**_: Any) -> list[CheckMessage]:
    """What a look round on one's own machine may do, and an installation for others may not."""
    if settings.SITE_IS_LOCAL:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on while SITE_URL is public: error pages would show secrets.",
                id="tamhub.E002",
                hint="Unset DEBUG.",
            )
        )
    if not settings.SITE_IS_SECURE:
        found.append(
            Error(
                f"SITE_URL {settings.SITE_URL} is not https: sessions and tokens would travel in clear text.",
                id="tamhub.E003",
                hint="Put a TLS proxy in front, set SITE_URL=https://... and BEHIND_TLS_PROXY=1.",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS holds '*': links in mails could be poisoned.",
                id="tamhub.E004",
                hint="Name the hosts, or leave ALLOWED_HOSTS unset to take that of SITE_URL.",
            )
        )
    if settings.DUTY_EMAIL.endswith("@localhost"):
        found.append(
            Error(
                "DUTY_EMAIL is not set.",
                id="tamhub.E005",
                hint="Set DUTY_EMAIL to the mailbox that is read around the clock.",
            )
        )
    if settings.EMAIL_BACKEND in LOCAL_MAIL:
        found.append(
            Error(
                "EMAIL_URL names no mail server: alerts would be written into files.",
                id="tamhub.E006",
                hint="Set EMAIL_URL, for example smtp+tls://user:password@mail.example:587.",
            )
        )
    if len(settings.SECRET_KEY) < 50:
        found.append(
            Error(
                "SECRET_KEY is shorter than 50 characters.",
                id="tamhub.E007",
                hint="Leave it unset to have one made in TAMHUB_DATA.",
            )
        )
    if settings.DEMO:
        found.append(
            Error(
                "DEMO is on: the sign-in page tells everybody names and passwords.",
                id="tamhub.E008",
                hint="Unset DEMO.",
            )
        )
    if settings.IS_SQLITE:
        found.append(
            Warning(
                "The database is SQLite: right for one machine and a small team.",
                id="tamhub.W001",
                hint="Set DATABASE_URL=postgres://... for teams.",
            )
        )
    return found


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured when a check of this module finds an error."""
    errors = [m for m in run_checks(tags=[Tags.security]) if m.is_serious() and (m.id or "").startswith("tamhub.")]
    if errors:
        raise ImproperlyConfigured("Unsafe settings:\n" + "\n".join(f"  {m.id} {m.msg} {m.hint or ''}" for m in errors))
