"""What roles and reasons are called where people read them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alerts.routing import DUTY, ON_DUTY
from sla.ladder import NAMED

_ROLES: dict[str, str | Promise] = {
    "assignee": _("assignee"),
    "assignee_stand_in": _("stands in for the assignee"),
    "tam": _("TAM"),
    "tam_stand_in": _("stands in for the TAM"),
    "deputy": _("deputy TAM"),
    "deputy_stand_in": _("stands in for the deputy TAM"),
    "head": _("department head"),
    "head_stand_in": _("stands in for the department head"),
    "service_manager": _("service manager"),
    "service_manager_stand_in": _("stands in for the service manager"),
    ON_DUTY: _("on duty"),
    f"{ON_DUTY}_stand_in": _("on duty"),
    DUTY: _("duty mailbox"),
}
_REASONS: dict[str, str | Promise] = {
    "absent": _("absent"),
    "inactive": _("no longer here"),
    "no address": _("without a mail address"),
}


def role_label(role: str) -> str:
    if role.startswith(NAMED):
        return str(_("named by the ladder"))
    return str(_ROLES.get(role, role))


def reason_label(reason: str) -> str:
    return str(_REASONS.get(reason, reason))
