"""Template tags and filters of the design: words for time and numbers, icons, badges, bars, fields."""

from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any, Final

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from kernel import forms, icons
from kernel.bars import Bar
from kernel.markdown import render

register = template.Library()

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
IN_DAYS: Final = 100 * HOUR  # up to here hours are told as hours: a promise of 40 service hours is not "1 d 16 h"
SPACE: Final = "\u00a0"
THOUSANDS: Final = "\u202f"
NOTHING: Final = "\u2013"

# The words of DESIGN: what a state is called and which icon says so without colour.
BADGES: Final[dict[str, tuple[str, str | Promise]]] = {
    "todo": ("circle-dashed", gettext_lazy("To do")),
    "ready": ("circle", gettext_lazy("Ready")),
    "progress": ("circle-dot", gettext_lazy("In progress")),
    "waiting": ("hourglass", gettext_lazy("Waiting")),
    "blocked": ("octagon-alert", gettext_lazy("Blocked")),
    "done": ("check", gettext_lazy("Done")),
    "met": ("circle-check", gettext_lazy("Met")),
    "risk": ("triangle-alert", gettext_lazy("At risk")),
    "late": ("clock", gettext_lazy("Overdue")),
    "stale": ("file-clock", gettext_lazy("Stale")),
    "paused": ("circle-pause", gettext_lazy("Paused")),
    "breached": ("zap", gettext_lazy("Breached")),
    "accent": ("", ""),
    "plain": ("", ""),
}


# --- icons and marks -------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, *, size: str = "", label: str = "") -> SafeString:
    """`size` is "s" or "l". Without a label the icon is decoration, beside a word. An unknown name raises."""
    return _icon(name, size, str(label))


@cache
def _icon(name: str, size: str, label: str) -> SafeString:
    """A page has some hundred of a few; their labels are words of the design, never what people wrote."""
    if name not in icons.NAMES:
        raise LookupError(f"No icon {name!r} in {icons.SPRITE.name}")
    classes = f"i i--{size}" if size else "i"
    href = f"{static('kernel/icons.svg')}#i-{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.simple_tag
def badge(kind: str, text: str = "") -> SafeString:
    """A status word with its icon. `kind` is one of `BADGES`; `text` says more than the plain word."""
    name, word = BADGES[kind]
    if not name:
        return format_html('<span class="badge badge--{} badge--plain">{}</span>', kind, text)
    return format_html('<span class="badge badge--{}">{}{}</span>', kind, icon(name), text or word)


@register.simple_tag
def avatar(name: str, *, size: str = "") -> SafeString:
    """Initials in a circle, the whole name for screen readers and as a tooltip; nobody is a question mark."""
    who = name or _("Nobody")
    classes = "av" + (f" av--{size}" if size else "") + ("" if name else " av--none")
    letters = initials(name) if name else "?"
    return format_html('<span class="{}" role="img" aria-label="{}" title="{}">{}</span>', classes, who, who, letters)


@register.filter
def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


# --- time ------------------------------------------------------------------------------------------------------
def _seconds(value: float | timedelta) -> int:
    return int(value.total_seconds()) if isinstance(value, timedelta) else int(value)


@register.filter
def duration(value: float | timedelta | None) -> str:
    """Seconds as people say them, cut to the unit below: "4 h 08 min", "7 min", "12 s", "5 d 3 h"."""
    if value is None:
        return NOTHING
    total = _seconds(value)
    sign, total = ("\u2212" if total < 0 else ""), abs(total)
    if total < MINUTE:
        parts = [_("%d s") % total]
    elif total < HOUR:
        parts = [_("%d min") % (total // MINUTE)]
    elif total < IN_DAYS:
        minutes = total % HOUR // MINUTE
        parts = [_("%d h") % (total // HOUR), *([_("%02d min") % minutes] if minutes else [])]
    else:
        hours = total % DAY // HOUR
        parts = [_("%d d") % (total // DAY), *([_("%d h") % hours] if hours else [])]
    return sign + " ".join(parts).replace(" ", SPACE)


@register.filter
def countdown(value: float | timedelta | None) -> str:
    """Seconds left as hh:mm:ss; over the target with a plus in front."""
    if value is None:
        return NOTHING
    total = _seconds(value)
    hours, rest = divmod(abs(total), HOUR)
    return f"{'+' if total < 0 else ''}{hours:02d}:{rest // MINUTE:02d}:{rest % MINUTE:02d}"


_NEAR: Final = {-1: gettext_lazy("Yesterday"), 0: gettext_lazy("Today"), 1: gettext_lazy("Tomorrow")}
_NEAR_INSIDE: Final = {-1: gettext_lazy("yesterday"), 0: gettext_lazy("today"), 1: gettext_lazy("tomorrow")}


@register.simple_tag(takes_context=True)
def when(context: Context, value: date | None, form: str = "", *, inside: bool = False) -> SafeString:
    """A <time> in the active zone: "Today 15:00", "Tue 24 Nov 13:00"; `form` "date" or "time" gives a part of it.

    `inside` of a sentence near days are written small: "since yesterday 09:40"."""
    if value is None:
        return format_html("{}", NOTHING)
    if not isinstance(value, datetime):
        words = _day(value, today=timezone.localdate(context.get("now")), inside=inside)
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)
    today, zone = timezone.localdate(context.get("now")), timezone.get_current_timezone()
    return _moment(value, today, zone, form=form, inside=inside, language=get_language())


@lru_cache(maxsize=10_000)
def _moment(
    value: datetime,
    today: date,
    zone: tzinfo,
    *,
    form: str,
    inside: bool,
    language: str | None,  # noqa: ARG001 - the active one, which what is kept must know
) -> SafeString:
    """Pages that renew themselves say the same moments over and over."""
    local = timezone.localtime(value, zone)
    day = _day(local.date(), today=today, inside=inside)
    clock = formats.date_format(local, "H:i")
    words = {"date": day, "time": clock}.get(form, f"{day}{SPACE}{clock}")
    full = formats.date_format(local, _("D j M Y H:i:s T"))
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), full, words)


def _day(day: date, *, today: date, inside: bool = False) -> str:
    away = (day - today).days
    if away in _NEAR:
        return str(_NEAR_INSIDE[away] if inside else _NEAR[away])
    return formats.date_format(day, _("D j M") if day.year == today.year else _("j M Y")).replace(" ", SPACE)


# --- numbers ---------------------------------------------------------------------------------------------------
@register.filter
def number(value: float | None, digits: int = 0) -> str:
    """Thousands parted by a thin space: 18 000."""
    if value is None:
        return NOTHING
    whole, _point, decimals = f"{value:,.{digits}f}".partition(".")
    point: str = formats.get_format("DECIMAL_SEPARATOR") if decimals else ""
    return whole.replace(",", THOUSANDS) + point + decimals


@register.filter
def percent(value: float | None, digits: int = 1) -> str:
    """A share between 0 and 1 in per cent. What is not the whole is never rounded up to 100%, nor down to 0%."""
    if value is None:
        return NOTHING
    step = 10.0**-digits
    hundred = value * 100
    if 0 < value < 1:
        hundred = min(max(hundred, step), 100 - step)
    shown = round(hundred, digits)
    return _("%s%%") % number(shown, 0 if shown == int(shown) else digits)


# --- parts -----------------------------------------------------------------------------------------------------
@register.inclusion_tag("kernel/_bar.html")
def bar(value: Bar, *, size: str = "") -> dict[str, Any]:
    """The bar of a clock or a share; `size` "l" is the tall one."""
    return {"bar": value, "is_large": size == "l", "height": 16 if size == "l" else 8}


@register.inclusion_tag("kernel/_pager.html", takes_context=True)
def pager(context: Context, page: Page[Any], *, parameter: str = "page") -> dict[str, Any]:
    """Where one is in a long list; keeps the other parameters of the address."""

    def address(page_number: int) -> str:
        query = context["request"].GET.copy()
        query[parameter] = str(page_number)
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "previous": address(page.number - 1) if page.has_previous() else "",
        "next": address(page.number + 1) if page.has_next() else "",
    }


@register.filter
def markdown(text: str) -> SafeString:
    """What people wrote in Markdown, inside of an element of the class `prose`."""
    return render(text)


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """One field of a form with its label, hint and errors; `{{ form }}` draws each of its fields the same way."""
    return bound.as_field_group()


@register.filter
def control(bound: BoundField) -> SafeString:
    """The input alone, dressed for the design."""
    return bound.as_widget(attrs={"class": forms.css_class(bound.field.widget)})
