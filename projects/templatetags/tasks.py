"""How a task looks in templates: its badge, its day, its hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel.templatetags.ui import BADGES, NOTHING, SPACE, badge, icon, number, when
from kernel.verbs import Verb
from projects.lifecycle import TaskStatus
from projects.models import Task

if TYPE_CHECKING:
    from projects.views.taskverbs import TaskVerb

register = template.Library()

SOON: Final = timedelta(days=1)
_BADGES: Final = {
    TaskStatus.IN_PROGRESS: "progress",
    TaskStatus.BLOCKED: "blocked",
    TaskStatus.DONE: "done",
    TaskStatus.CANCELLED: "todo",
}
_ASKING: Final = frozenset({"block", "hand-over"})  # nobody does these without a word
_ICONS: Final = {
    "progress": ("circle-dot", "blue"),
    "blocked": ("octagon-alert", "red"),
    "done": ("check", "green"),
    "todo": ("circle-x", "t3"),
    "ready": ("circle", "t3"),
    "waiting": ("hourglass", "t3"),
}


def look_of(context: Context, task: Task) -> str:
    """Which badge of the design a task wears."""
    if task.status != TaskStatus.PLANNED:
        return _BADGES[TaskStatus(task.status)]
    return "ready" if task.is_ready(context.get("now") or timezone.now()) else "waiting"


@register.simple_tag(takes_context=True)
def task_badge(
    context: Context, task: Task, waits: Collection[Task] = (), *, you: Task | None = None, short: bool = False
) -> SafeString:
    """Its state as icon and word. With whom it `waits` for it names the department, in a dense list (`short`) alone;
    `you`: the task one stands at."""
    look = look_of(context, task)
    if look != "waiting":
        return badge(look, str(task.get_status_display()) if look != "ready" else "")
    if you is not None and any(one.pk == you.pk for one in waits):
        return badge(look, _("Waiting for you"))
    names = list(dict.fromkeys(one.department.short for one in waits))
    if not names:
        return badge(look)
    words = names[0] if short else _("Waiting for %(department)s") % {"department": names[0]}
    return badge(look, f"{words} +{len(names) - 1}" if len(names) > 1 else words)


@register.simple_tag(takes_context=True)
def task_icon(context: Context, task: Task) -> SafeString:
    """Its state as an icon alone, for a dense list."""
    look = look_of(context, task)
    name, tone = _ICONS[look]
    label = str(BADGES[look][1]) if task.status == TaskStatus.PLANNED else str(task.get_status_display())
    return format_html('<span class="{}">{}</span>', tone, icon(name, label=label))


@register.simple_tag(takes_context=True)
def due(context: Context, task: Task, *, long: bool = False) -> SafeString:
    """When it is due: late and near days are toned. `long` says that it is."""
    if not task.has_promise:
        return format_html('<span class="t3">{}</span>', _("No due date"))
    if task.has_ended:
        return format_html('<span class="t3">{}</span>', when(context, task.due_at, "date"))
    now = context.get("now") or timezone.now()
    tone = "red med" if task.due_at < now else "amber med" if task.due_at - now < SOON else ""
    if task.due_at < now:
        at = timezone.localtime(task.due_at)
        full = formats.date_format(at, _("D j M Y H:i"))
        return format_html(
            '<time class="{}" datetime="{}" title="{}">{}</time>', tone, at.isoformat(), full, late(now - task.due_at)
        )
    shown = when(context, task.due_at, "" if task.due_at - now < SOON else "date", inside=long)
    return format_html('<span class="{}">{}</span>', tone, _due(shown) if long else shown)


def _due(shown: SafeString) -> SafeString:
    return format_html(_("Due {}"), shown)


def late(by: timedelta) -> str:
    """ "2 d late"; within the first day in hours, within the first hour in minutes."""
    if by.days:
        words = ngettext("%(n)d d late", "%(n)d d late", by.days) % {"n": by.days}
    elif by >= timedelta(hours=1):
        words = _("%(n)d h late") % {"n": by // timedelta(hours=1)}
    else:
        words = _("%(n)d min late") % {"n": by // timedelta(minutes=1)}
    return words.replace(" ", SPACE)


@register.filter
def hours(value: Decimal | None) -> str:
    """ "4 h", "2.5 h"."""
    return _("%(hours)s h") % {"hours": _plain(value)} if value is not None else NOTHING


@register.filter
def estimate(task: Task) -> str:
    """ "2, 3, 5 h" where a range is known, else the likely one alone."""
    if task.optimistic_h is None and task.pessimistic_h is None:
        return hours(task.estimate_h)
    low, high = (value if value is not None else task.estimate_h for value in (task.optimistic_h, task.pessimistic_h))
    return f"{_plain(low)}, {_plain(task.estimate_h)}, {hours(high)}"


def _plain(value: Decimal) -> str:
    return number(float(value), 0 if value == int(value) else 1)


@register.filter
def verb(verbs: Mapping[str, Verb[Any]], name: str) -> Verb[Any]:
    """One whose name has a dash in it, which a template cannot say."""
    return verbs[name]


@register.simple_tag(takes_context=True)
def work_act(
    context: Context,
    verb: TaskVerb,
    task: Task,
    *,
    is_primary: bool = False,
    is_large: bool = False,
    is_more: bool = False,
) -> SafeString:
    """One tap on a row: done at once it brings the list back, else the drawer asks; `is_more`: where there is room.

    In Python, since a page has up to a hundred of them.
    """
    asks = verb.name in _ASKING
    url = reverse("task-act", args=[task.pk, verb.name])
    classes = "btn"
    classes += " btn--xl" if is_large else " btn--s btn--quiet" if asks else " btn--s"
    classes += (" btn--primary" if is_primary and not asks else "") + (" more" if is_more else "")
    picture = icon(verb.icon) if is_large or verb.name == "complete" else ""
    key, kbd = ("", "")
    if verb.key:
        key = format_html(' data-{}="{}"', "key" if is_large else "rowkey", verb.key)
        kbd = format_html('<kbd class="kbd desk-k">{}</kbd>', verb.key.upper()) if is_large else ""
    words = format_html('{}{}{}<span class="sr">: {}</span>', picture, verb.label, kbd, task.reference)
    if asks:
        link = '<a class="{}" href="{}" hx-get="{}" hx-target="#drawer"{}>{}</a>'
        return format_html(link, classes, url, url, key, words)
    return format_html(
        '<form class="btnform" method="post" action="{}" hx-post="{}" hx-target="#board" hx-swap="morph:outerHTML">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="next" value="{}">'
        '<button class="{}"{}>{}</button></form>',
        *(url, url, context["csrf_token"], context["request"].get_full_path(), classes, key, words),
    )
