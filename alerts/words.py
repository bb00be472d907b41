"""What roles and reasons are called where people read them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alerts.routing import DUTY

_ROLES: dict[str, str | Promise] = {
    "tam": _("TAM"),
    "tam_stand_in": _("stands in for the TAM"),
    "deputy": _("deputy TAM"),
    "deputy_stand_in": _("stands in for the deputy TAM"),
    "head": _("department head"),
    "head_stand_in": _("stands in for the department head"),
    "service_manager": _("service manager"),
    "service_manager_stand_in": _("stands in for the service manager"),
    DUTY: _("duty mailbox"),
}
_REASONS: dict[str, str | Promise] = {
    "absent": _("absent"),
    "inactive": _("no longer here"),
    "no address": _("without a mail address"),
}


def role_label(role: str) -> str:
    return str(_ROLES.get(role, role))


def reason_label(reason: str) -> str:
    return str(_REASONS.get(reason, reason))
