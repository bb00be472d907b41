"""What is wrong with the running system, and what to do about it, in words. Plain choices over what was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.queries.operations import Operations
from kernel.templatetags.ui import duration, number

OVERDUE_RED_S = 30
PENDING_RED_S = 60
DRIFT_RED_S = 2.0
BEHIND_RED_S = 300
KEYS_KEPT = timedelta(hours=26)


@dataclass(frozen=True)
class Trouble:
    """`is_red`: promises are at stake now; else somebody should look at it today."""

    what: str
    do: str
    is_red: bool = True


def troubles(seen: Operations) -> list[Trouble]:
    """The gravest first; empty while all is well."""
    found = [*_passes(seen), *_messages(seen), *_figures(seen)]
    return sorted(found, key=lambda trouble: not trouble.is_red)


def sentence(found: list[Trouble]) -> str:
    red = sum(trouble.is_red for trouble in found)
    if red:
        words = ngettext("%(n)d thing is wrong now.", "%(n)d things are wrong now.", red)
        return words % {"n": red}
    if found:
        words = ngettext(
            "All passes are on time. %(n)d thing should be looked at.",
            "All passes are on time. %(n)d things should be looked at.",
            len(found),
        )
        return words % {"n": len(found)}
    return _("All passes are on time, and everything arrived.")


def _passes(seen: Operations) -> Iterator[Trouble]:
    if not seen.has_passes:
        since = _("No alert process ever ended a pass.")
        if seen.last_pass_s is not None:
            since = _("No alert process has ended a pass for %(age)s.") % {"age": duration(seen.last_pass_s)}
        yield Trouble(
            since,
            _("Start “manage.py run_alerts”, or look into its log: it says each ten seconds what stops it."),
        )
    if seen.overdue_s > OVERDUE_RED_S:
        yield Trouble(
            _("A clock has been due for %(age)s and nobody has noticed it.") % {"age": duration(seen.overdue_s)},
            _("Start one more “manage.py run_alerts”. If one runs, look below for clocks that cannot be computed."),
        )
    if abs(seen.drift_s) > DRIFT_RED_S:
        yield Trouble(
            _("The clock of the database and that of this machine differ by %(s)s s.") % {"s": number(seen.drift_s, 1)},
            _("Let both machines take their time from the same server (NTP). Deadlines count by the database's clock."),
        )
    for poisoned in seen.poisoned:
        named = poisoned.about.reference if poisoned.about else str(poisoned.clock)
        words = _("The %(kind)s clock of %(reference)s could not be computed %(n)d times in a row.")
        yield Trouble(
            words % {"kind": poisoned.clock.get_kind_display(), "reference": named, "n": poisoned.clock.wake_errors},
            _("The log of the alert process says why. It is tried again each minute and holds up no other clock."),
        )


def _messages(seen: Operations) -> Iterator[Trouble]:
    if seen.pending_s > PENDING_RED_S:
        yield Trouble(
            _("A message has been due for %(age)s and was not sent.") % {"age": duration(seen.pending_s)},
            _("Look at the channels of the alert centre: the error there is what the mail server or service says."),
        )
    if seen.dead:
        words = ngettext("%(n)s message could not be delivered.", "%(n)s messages could not be delivered.", seen.dead)
        yield Trouble(
            words % {"n": number(seen.dead)},
            _("Read the cause under Dead letters, mend the address or the service, then send again."),
            is_red=False,
        )
    if seen.late_alerts:
        words = ngettext(
            "%(n)s breach of the last 30 days was noticed more than 60 s late.",
            "%(n)s breaches of the last 30 days were noticed more than 60 s late.",
            seen.late_alerts,
        )
        yield Trouble(
            words % {"n": number(seen.late_alerts)},
            _("Compare the times with the log: a process or the database stood still, or a clock was put right."),
            is_red=False,
        )


def _figures(seen: Operations) -> Iterator[Trouble]:
    if seen.unplaced_s > BEHIND_RED_S:
        words = _("%(n)s facts wait in the outbox, the oldest for %(age)s.")
        yield Trouble(
            words % {"n": number(seen.unplaced), "age": duration(seen.unplaced_s)},
            _("Alerts do not wait for them, reports do: start the Celery worker and beat, or “manage.py run_alerts”."),
            is_red=False,
        )
    if seen.rollups_behind_s > BEHIND_RED_S:
        yield Trouble(
            _("The figures of the quality report are behind by %(age)s.") % {"age": duration(seen.rollups_behind_s)},
            _("Start the Celery worker and beat; “manage.py rebuild_metrics” counts everything anew."),
            is_red=False,
        )
    if seen.oldest_key_at is not None and seen.now - seen.oldest_key_at > KEYS_KEPT:
        yield Trouble(
            _("Nothing is cleared away: the hourly purge does not run."),
            _("Start the Celery worker and beat. Nothing is lost meanwhile, tables only grow."),
            is_red=False,
        )
