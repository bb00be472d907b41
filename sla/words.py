"""What the parts of a promise are called where people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from sla.ladder import NAMED, Step
from sla.models import PolicyVersion, SlaPolicy
from sla.worked_example import Happens

Words = str | Promise

# What a subject may wait for; the rooms above set these reasons, a policy says which of them stop the clock.
PAUSE_WORDS: Final[dict[str, Words]] = {
    "client": pgettext_lazy("waits for", "client"),
    "vendor": pgettext_lazy("waits for", "vendor"),
    "appointment": pgettext_lazy("waits for", "agreed date"),
    "maintenance": pgettext_lazy("waits for", "agreed change window"),
    "force_majeure": pgettext_lazy("waits for", "force majeure"),
    "problem": pgettext_lazy("waits for", "problem"),
}

LADDER_WORDS: Final[dict[str, Words]] = {
    "assignee": gettext_lazy("Who works on it"),
    "tam": gettext_lazy("TAM"),
    "deputy": gettext_lazy("Deputy TAM"),
    "head": gettext_lazy("Department head"),
    "service_manager": gettext_lazy("Service manager"),
    "on_duty": gettext_lazy("Who is on duty"),
    "duty": gettext_lazy("Duty mailbox"),
}
AS_USUAL: Final = gettext_lazy("TAM, else who comes next")

HAPPENS_WORDS: Final[dict[Happens, Words]] = {
    Happens.OPENED: gettext_lazy("Opened"),
    Happens.RESUMED: gettext_lazy("Resumed"),
    Happens.HOURS_BEGIN: gettext_lazy("Hours begin"),
    Happens.HOURS_END: gettext_lazy("Hours end"),
    Happens.RESPONSE_DUE: gettext_lazy("Response due"),
    Happens.PAUSED: gettext_lazy("Paused"),
    Happens.DUE: gettext_lazy("Deadline"),
}

# What response and resolution mean in each kind of promise.
COLUMNS: Final[dict[str, tuple[Words, Words]]] = {
    SlaPolicy.Scope.CLIENT: (gettext_lazy("Response"), gettext_lazy("Resolution")),
    SlaPolicy.Scope.DEPARTMENT: (gettext_lazy("Accepted"), gettext_lazy("Finished")),
    SlaPolicy.Scope.VENDOR: (gettext_lazy("Confirmed"), gettext_lazy("Answered")),
}

WEEKDAYS: Final[dict[str, Words]] = {
    "mon": gettext_lazy("Mon"),
    "tue": gettext_lazy("Tue"),
    "wed": gettext_lazy("Wed"),
    "thu": gettext_lazy("Thu"),
    "fri": gettext_lazy("Fri"),
    "sat": gettext_lazy("Sat"),
    "sun": gettext_lazy("Sun"),
}


def receivers(to: Sequence[str], names: Mapping[str, str]) -> str:
    """Who stands on a step of the ladder; `names` are those of people by their usernames."""
    if not to:
        return str(AS_USUAL)
    return ", ".join(str(LADDER_WORDS.get(who) or _named(who.removeprefix(NAMED), names)) for who in to)


def _named(username: str, names: Mapping[str, str]) -> str:
    return names.get(username, username)


def conditions(step: Step) -> str:
    """When a step counts: for which priorities, and whether it waits for working hours."""
    said = []
    if step.priorities:
        said.append(_("only %(priorities)s") % {"priorities": ", ".join(step.priorities)})
    said.append(_("at any hour") if step.any_hour else _("when at work"))
    return ", ".join(said)


def reopening(version: PolicyVersion) -> str:
    if version.reopen_within_days is None:
        return str(version.get_reopen_display())
    words = _("%(rule)s, within %(days)d days")
    return words % {"rule": version.get_reopen_display(), "days": version.reopen_within_days}


def moment(at: datetime, *, with_day: bool = True) -> str:
    """A wall clock time in the zone `at` is in: `Fri 20 Nov 15:10`, or `Fri 15:10`."""
    return formats.date_format(at, _("D j M H:i") if with_day else _("D H:i")).replace(" ", "\u00a0")


def day(at: datetime) -> str:
    """A day in the active zone, with the year where it is not this one."""
    local = timezone.localtime(at)
    form = _("D j M") if local.year == timezone.localdate().year else _("j M Y")
    return formats.date_format(local, form).replace(" ", "\u00a0")
