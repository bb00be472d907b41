"""How a clock looks, the same on every page: a bar, a countdown and a word. All take an `incidents` ClockView."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.queries import ClockView
from kernel.bars import Bar, SegmentKind, Stretch, progress_bar
from kernel.templatetags.ui import countdown, duration
from sla.models import Clock

register = template.Library()


def kind_name(clock: ClockView) -> str:
    return _("Response") if clock.kind == Clock.Kind.RESPONSE else _("Resolution")


@register.filter
def clock_words(clock: ClockView) -> str:
    """What a clock stands at: "Resolution, 8 h target", "Response met, 7 min of 15 min"."""
    if clock.state == Clock.State.MET:
        words = _("%(clock)s met, %(elapsed)s of %(target)s")
    elif clock.is_over and clock.stopped_at is not None:
        words = _("%(clock)s missed, %(elapsed)s of %(target)s")
    elif clock.is_over:
        words = _("%(clock)s, over %(target)s target")
    elif clock.state == Clock.State.PAUSED:
        words = _("%(clock)s, paused at %(elapsed)s of %(target)s")
    else:
        words = _("%(clock)s, %(target)s target")
    return words % {"clock": kind_name(clock), "elapsed": duration(clock.elapsed_s), "target": duration(clock.target_s)}


def clock_look(clock: ClockView) -> SegmentKind:
    """The colour of what is used up."""
    if clock.state == Clock.State.MET:
        return "ok"
    if clock.state == Clock.State.PAUSED:
        return "gr"
    return "soon" if clock.is_at_risk else "run"


@register.simple_tag
def clock_bar(clock: ClockView) -> Bar:
    """The share of the target that is used, for `{% bar %}`."""
    label = _("%(clock)s: %(percent)d per cent of the target used")
    return progress_bar(
        [Stretch(length=clock.elapsed_s)],
        target=clock.target_s,
        label=label % {"clock": kind_name(clock), "percent": clock.used_pct},
        kind=clock_look(clock),
    )


@register.simple_tag
def clock_count(clock: ClockView, *, size: str = "", say: str = "") -> SafeString:
    """The time left, ticking where the clock does; `say` is what the line for screen readers calls it near the end."""
    looks = ["count-d", f"count-d--{size}" if size else ""]
    if clock.is_over:
        looks.append("count-d--over")
    elif not clock.is_counting:
        looks.append("count-d--paused")
    elif clock.is_at_risk:
        looks.append("count-d--soon")
    return format_html(
        '<span class="{}" data-clock="{}" data-soon="{}"{}{}>{}</span>',
        " ".join(filter(None, looks)),
        clock.remaining_s,
        int(clock.soon_s),
        "" if clock.is_ticking else SafeString(" data-paused"),
        format_html(' data-say="{}"', say) if say else "",
        countdown(clock.remaining_s),
    )
