"""Which incidents people mean: whose clock is over, at risk, running or paused, and whose target was missed.

Conditions for querysets of incidents, on their clocks at an instant, swept or not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from incidents.models import Status
from incidents.queries import SOON_S, SOON_SHARE
from incidents.settling import SUBJECT_KIND
from sla.models import Clock

RISK_LEVEL = round((1 - SOON_SHARE) * 100)


class Standing(TextChoices):
    """How a clock stands now."""

    OVER = "over", _("Over target")
    RISK = "risk", _("At risk")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")


def standing(how: str, *, now: datetime) -> Q:
    """Incidents with a clock that is not stopped and stands like this.

    At risk is what the sweep found to have used three quarters of its target, and what is due in a quarter of an hour.
    """
    clocks = _clocks().filter(stopped_at=None)
    if how == Standing.OVER:
        return Q(Exists(clocks.filter(missed(now))))
    ahead = clocks.filter(state=Clock.State.RUNNING).exclude(missed(now))
    if how == Standing.RISK:
        close = Q(alerted_level__gte=RISK_LEVEL) | Q(due_at__lte=now + timedelta(seconds=SOON_S))
        return Q(Exists(ahead.filter(close)))
    if how == Standing.RUNNING:
        return Q(Exists(ahead))
    return Q(Exists(clocks.filter(state=Clock.State.PAUSED)), status=Status.ON_HOLD)  # nothing else pauses a clock


def ever_missed(now: datetime) -> Q:
    """Incidents with a clock that passed its deadline, stopped or not."""
    return Q(Exists(_clocks().filter(missed(now))))


def missed(now: datetime) -> Q:
    """Clocks that passed their deadline: from one second after it, whether or not the sweep came by."""
    return Q(state=Clock.State.BREACHED) | Q(state=Clock.State.RUNNING, due_at__lt=now.replace(microsecond=0))


def _clocks() -> QuerySet[Clock]:
    return Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=OuterRef("pk"))
