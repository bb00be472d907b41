"""A clock as a card: the bar with its pauses, where it began and ends, and one sentence that says how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from incidents.courses import Course
from incidents.models import HoldReason
from incidents.queries import ClockView
from incidents.templatetags.clocks import clock_look
from kernel.bars import Bar, progress_bar
from kernel.templatetags.ui import duration
from sla.models import Clock

# The width of a letter under the bar, in per cent of the bar where it is narrowest.
LETTER = 1.15


@dataclass(frozen=True)
class Label:
    """Words under the bar at `at` per cent."""

    at: float
    text: str
    anchor: Literal["start", "middle", "end"]

    @property
    def start(self) -> float:
        return self.at - len(self.text) * LETTER * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    @property
    def end(self) -> float:
        return self.start + len(self.text) * LETTER


@dataclass(frozen=True)
class ClockCard:
    """`badge` and `badge_text` are what `{% badge %}` takes; `say` names the clock to screen readers."""

    view: ClockView
    title: str
    badge: str
    badge_text: str
    bar: Bar
    labels: tuple[Label, ...]
    sentence: str
    say: str


def card_of(course: Course, *, reference: str, now: datetime) -> ClockCard:
    view = course.view
    title = _("Response") if view.kind == Clock.Kind.RESPONSE else _("Resolution")
    if view.cycle > 1:
        title = _("%(clock)s, round %(number)d") % {"clock": title, "number": view.cycle}
    sentence = _sentence(course, now=now)
    bar = progress_bar(course.stretches, target=view.target_s, label=f"{title}: {sentence}", kind=clock_look(view))
    badge, badge_text = _badge(view)
    labels = tuple(_labels(course, bar, now=now))
    return ClockCard(view, title, badge, badge_text, bar, labels, sentence, say=f"{reference} {title}")


def _badge(view: ClockView) -> tuple[str, str]:
    if view.state == Clock.State.MET:
        return "met", ""
    if view.is_over:
        return "breached", ""
    if view.state == Clock.State.PAUSED:
        return "paused", ""
    if view.is_at_risk:
        return "risk", ""
    return ("progress", _("Running")) if view.is_ticking else ("paused", _("Outside service hours"))


def _labels(course: Course, bar: Bar, *, now: datetime) -> list[Label]:
    """Begin, the one pause where there is one, and target; what would touch another is left out."""
    view = course.view
    begin = Label(0.0, _("%(time)s opened") % {"time": _moment(course.clock.started_at, beside=now)}, "start")
    if view.due_at is None:
        return [begin]
    at = 100.0 if bar.mark is None else bar.mark
    words = _("%(time)s target") % {"time": _moment(view.due_at, beside=now)}
    if at < begin.end + len(words) * LETTER:
        return [Label(at, words, "start" if at < 50 else "end")]
    target = Label(at, words, "end")
    pause = _pause_label(course, bar)
    fits = pause is not None and begin.end < pause.start and pause.end < target.start
    return [begin, pause, target] if pause is not None and fits else [begin, target]


def _pause_label(course: Course, bar: Bar) -> Label | None:
    hatched = [segment for segment in bar.segments if segment.kind == "pause"]
    if len(course.pauses) != 1 or len(hatched) != 1:
        return None
    pause = course.pauses[0]
    times = {"start": _moment(pause.start, beside=course.clock.started_at)}
    if pause.end is None:
        words = _("since %(start)s paused") % times
    else:
        words = _("%(start)s to %(end)s paused") % {**times, "end": _moment(pause.end, beside=pause.start)}
    return Label(hatched[0].x + hatched[0].width / 2, words, "middle")


def _moment(at: datetime, *, beside: datetime) -> str:
    """The time, with the day unless it is that of `beside`."""
    local = timezone.localtime(at)
    is_same_day = local.date() == timezone.localdate(beside)
    return formats.date_format(local, "H:i" if is_same_day else _("D j M H:i"))


def _sentence(course: Course, *, now: datetime) -> str:
    parts = [_standing(course, now=now), *_pause_words(course)]
    if course.goes_on_at is not None:
        parts.append(_("Service goes on %(time)s.") % {"time": _moment(course.goes_on_at, beside=now)})
    return " ".join(parts)


def _standing(course: Course, *, now: datetime) -> str:
    view = course.view
    words = {
        "used": duration(view.elapsed_s),
        "target": duration(view.target_s),
        "left": duration(max(view.remaining_s, 0)),
        "over": duration(-view.remaining_s),
        "due": "" if view.due_at is None else _moment(view.due_at, beside=now),
    }
    if view.state == Clock.State.PAUSED:
        return _("%(used)s of %(target)s used; %(left)s left when it goes on.") % words
    if view.is_over and view.stopped_at is None:
        return _("%(used)s of service time, target %(target)s: over by %(over)s.") % words
    if view.is_over:
        return _("%(used)s of service time, target %(target)s: missed by %(over)s.") % words
    if view.state == Clock.State.MET:
        return _("%(used)s used of %(target)s.") % words
    return _("%(used)s of %(target)s used, due %(due)s.") % words


def _pause_words(course: Course) -> list[str]:
    """How long it stood, and for what; a response clock never does."""
    if course.view.kind == Clock.Kind.RESPONSE:
        return []
    if not course.pauses:
        return [_("No pause.")]
    last = course.pauses[-1]
    reasons = list(dict.fromkeys(str(HoldReason(pause.reason).label) for pause in course.pauses if pause.reason))
    if any(not pause.reason for pause in course.pauses):
        reasons.append(_("resolved for a while"))
    words = {"time": duration(course.paused_s), "reasons": ", ".join(reasons)}
    if last.end is None:
        return [_("Paused for %(time)s: %(reasons)s.") % words]
    return [_("Was paused for %(time)s: %(reasons)s.") % words]
