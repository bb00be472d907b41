"""What the operators are told: that the machinery itself needs somebody."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from alerts.operations.owing import owe_operator


def tell_of_failing_clock(clock_id: int, error: Exception, *, now: datetime) -> None:
    """A clock whose sweep fails again and again: nothing is noticed of it until somebody looks."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("TamHub cannot measure clock %(id)s") % {"id": clock_id}
        words = _(
            "Its sweep failed three times, the last time with: %(error)s. It is tried again at least once a minute. "
            "Until it succeeds, no alert is raised for this clock."
        )
        owe_operator(subject, words % {"error": repr(error)[:500]}, key=f"clock {clock_id}", now=now)


def tell_of_jump(jump: timedelta, *, now: datetime) -> None:
    """The clock of the database moved otherwise than time did."""
    seconds = round(jump.total_seconds())
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("The clock of TamHub's database jumped by %(seconds)d seconds") % {"seconds": seconds}
        words = _(
            "Alerts are recorded all the same; their messages wait for half a minute, and what turns out not to be due "
            "is withdrawn. Please check the time of the machine."
        )
        owe_operator(subject, words, key=f"jump {now:%H}", now=now)


def tell_of_unreachable_duty(address: str, error: str, *, now: datetime) -> None:
    """A message to the duty mailbox was given up: after it there is nobody."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("TamHub cannot reach the duty mailbox")
        words = _("A message to %(address)s was given up: %(error)s")
        owe_operator(subject, words % {"address": address, "error": error}, key="duty mailbox", now=now)
