"""What stands in the navigation: only what exists, and only what leads the person somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.permissions import is_staff_member
from accounts.reach import reach_of
from accounts.views import KEYS_COOKIE
from desk.queries.clocks import nearest_clock
from incidents.permissions import incidents_visible_to
from kernel.shell import Countdown, Group, Item, Person, Shell
from sla.models import Clock


def shell(request: HttpRequest) -> Shell:
    """The frame for whoever asks; a stranger gets one without places."""
    user = request.user
    if not isinstance(user, User):
        return Shell(home_url=reverse("sign-in"), language_url=reverse("set-language"))
    now = timezone.now()
    return Shell(
        groups=_groups(user, over=incidents_visible_to(user).open().filter(next_due_at__lt=now).count()),
        tabs=_tabs(user),
        menu=_existing(("me", _("Your profile"), "user", "")),
        person=Person(name=str(user), role=role_name(user), keys=request.COOKIES.get(KEYS_COOKIE) != "0"),
        countdown=_countdown(user, now=now),
        home_url=reverse("today"),
        finder_url=reverse("find"),
        sign_out_url=reverse("sign-out"),
        language_url=reverse("set-language"),
    )


def role_name(user: User) -> str:
    """The role that says most about what a person does here."""
    roles = reach_of(user).roles
    return next((str(role.label) for role in Role if role.value in roles), "")


def _existing(*places: tuple[str, str | Promise, str, str]) -> tuple[Item, ...]:
    items = []
    for name, label, icon, key in places:
        try:
            items.append(Item(label=str(label), url=reverse(name), icon=icon, key=key))
        except NoReverseMatch:
            continue
    return tuple(items)


def places(user: User) -> Iterator[Item]:
    """Where the palette can lead this person."""
    for group in _groups(user, over=0):
        yield from group.items
    yield from _existing(("me", _("Your profile"), "user", ""))


def _groups(user: User, *, over: int) -> tuple[Group, ...]:
    """`over` is how many incidents have a clock over."""
    work = _existing(("today", _("Today"), "inbox", "t"), ("incidents", _("Incidents"), "siren", "i"))
    work = tuple(
        Item(label=item.label, url=item.url, icon=item.icon, key=item.key, count=over, is_hot=True)
        if item.key == "i"
        else item
        for item in work
    )
    if not is_staff_member(user):
        return (Group(items=work), Group(items=_existing(("clients", _("Company"), "building-2", "c"))))
    places = [("quality", _("Quality report"), "chart-column", "u"), ("alerts", _("Alerts"), "bell", "a")]
    if serves_clients(user):
        places.insert(0, ("clients", _("Clients"), "building-2", "c"))
    return (
        Group(items=work + _existing(("departments", _("Departments"), "list-todo", "d"))),
        Group(items=_existing(*places)),
    )


def serves_clients(user: User) -> bool:
    """Whether there are clients whose page the person may open."""
    reach = reach_of(user)
    return reach.everything or bool(reach.client_ids)


def _tabs(user: User) -> tuple[Item, ...]:
    """Four places for a thumb."""
    reach = reach_of(user)
    if not is_staff_member(user):
        third = ("clients", _("Company"), "building-2", "")
    elif reach.has_role(Role.TAM, Role.MANAGER, Role.ADMIN):
        third = ("alerts", _("Alerts"), "bell", "")
    else:
        third = ("departments", _("Departments"), "list-todo", "")
    return _existing(
        ("today", _("Today"), "inbox", ""),
        ("incidents", _("Incidents"), "siren", ""),
        third,
        ("me", _("Me"), "user", ""),
    )


def _countdown(user: User, *, now: datetime) -> Countdown | None:
    nearest = nearest_clock(user, now=now)
    if nearest is None:
        return None
    is_response = nearest.clock.kind == Clock.Kind.RESPONSE
    words = _("Next clock, %(priority)s response") if is_response else _("Next clock, %(priority)s resolution")
    return Countdown(
        label=words % {"priority": nearest.priority},
        url=f"/incidents/{nearest.incident_id}/",
        seconds=nearest.clock.remaining_s,
        is_paused=not nearest.clock.is_ticking,
    )
