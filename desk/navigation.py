"""What stands in the navigation: only what exists, and only what leads the person somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.permissions import is_staff_member
from accounts.reach import reach_of
from accounts.views import KEYS_COOKIE
from alerts.queries import open_alerts
from desk.queries.clocks import NearestClock, deadlines_of, nearest_clock
from kernel.shell import Countdown, Group, Item, Person, Shell
from projects.permissions import may_keep_blueprints, works_with_requests
from projects.queries.requests import count_needing
from sla.models import Clock
from sla.permissions import may_read_policies

SAYING_MOST = (
    Role.ADMIN,
    Role.MANAGER,
    Role.TAM,
    Role.HEAD,
    Role.ARCHITECT,
    Role.ENGINEER,
    Role.CONTACT,
    Role.INTEGRATION,
)


def shell(request: HttpRequest) -> Shell:
    """The frame for whoever asks; a stranger gets one without places. Four queries for a person of the house."""
    user = request.user
    if not isinstance(user, User):
        return Shell(home_url=reverse("sign-in"), language_url=reverse("set-language"))
    now = timezone.now()
    deadlines = deadlines_of(user, now=now)
    nearest = nearest_clock(user, deadlines, now=now)
    return Shell(
        groups=_groups(user, over=deadlines.over, asked=count_needing(user)),
        tabs=_tabs(user),
        menu=(_profile(),),
        bell=_bell(user) if is_staff_member(user) else None,
        person=Person(name=str(user), role=role_name(user), keys=request.COOKIES.get(KEYS_COOKIE) != "0"),
        countdown=_countdown(nearest) if nearest else None,
        home_url=reverse("today"),
        finder_url=reverse("find"),
        sign_out_url=reverse("sign-out"),
        language_url=reverse("set-language"),
    )


def places(user: User) -> Iterator[Item]:
    """Where the palette can lead this person."""
    for group in _groups(user):
        yield from group.items
    if reach_of(user).department_ids:
        yield _departments()
    yield _profile()


# Whose work alerts are about; an architect's projects have others who answer for their incidents.
ANSWERING = (Role.TAM, Role.MANAGER, Role.ADMIN, Role.HEAD, Role.ENGINEER)


def role_name(user: User) -> str:
    """The role that says most about what a person does here."""
    roles = reach_of(user).roles
    return next((str(role.label) for role in SAYING_MOST if role in roles), "")


def serves_clients(user: User) -> bool:
    """Whether there are clients whose page the person may open."""
    reach = reach_of(user)
    return reach.everything or bool(reach.client_ids)


def _groups(user: User, *, over: int = 0, asked: int = 0) -> tuple[Group, ...]:
    """`over` is how many incidents have a clock over, `asked` how many change requests need the person, at
    most a hundred."""
    work = [_today(), *([_requests(asked)] if works_with_requests(user) else []), _incidents(over)]
    if not is_staff_member(user):
        return Group(items=tuple(work)), Group(items=(_company(),))
    work.insert(1, _projects())
    around = [_quality(), *_promises(user)]
    if may_keep_blueprints(user):
        around.append(Item(label=_("Blueprints"), url=reverse("blueprints"), icon="copy", key="b"))
    if reach_of(user).has_role(*ANSWERING):
        around.append(_alerts())
    if serves_clients(user):
        around.insert(0, Item(label=_("Clients"), url=reverse("clients"), icon="building-2", key="c"))
    return Group(items=(*work, _my_tasks(), _queue(user), _duty())), Group(items=tuple(around))


def _tabs(user: User) -> tuple[Item, ...]:
    """Four places for a thumb, for engineers the own work first; the rest stands in the menu."""
    if not is_staff_member(user):
        return _today(), _requests(short=True), _incidents(), _me()
    if reach_of(user).has_role(Role.TAM, Role.MANAGER, Role.ADMIN):
        return _today(), _incidents(), _alerts(), _me()
    return _my_tasks(), _queue(user), _incidents(), _me()


def _today() -> Item:
    return Item(label=_("Today"), url=reverse("today"), icon="inbox", key="t")


def _incidents(over: int = 0) -> Item:
    return Item(label=_("Incidents"), url=reverse("incidents"), icon="siren", key="i", count=over, is_hot=True)


def _projects() -> Item:
    return Item(label=_("Projects"), url=reverse("projects"), icon="folder-kanban", key="p", also="/documents/")


def _requests(count: int = 0, *, short: bool = False) -> Item:
    label = _("Requests") if short else _("Change requests")
    return Item(label=label, url=reverse("requests"), icon="git-branch", key="r", count=count)


def _departments() -> Item:
    return Item(label=_("Department queues"), url=reverse("departments"), icon="list-todo", key="d")


def _my_tasks() -> Item:
    return Item(label=_("My tasks"), url=reverse("my-tasks"), icon="zap", key="m", also="/tasks/")


def _queue(user: User) -> Item:
    """For who works in a department its queue, whose page leads to the others; all queues for everybody else."""
    if not reach_of(user).department_ids:
        return _departments()
    return Item(label=_("Queue"), url=reverse("own-queue"), icon="list-todo", key="q", also=reverse("departments"))


def _duty() -> Item:
    return Item(label=_("Duty roster"), url=reverse("duty"), icon="phone", key="y")


def _company() -> Item:
    return Item(label=_("Company"), url=reverse("clients"), icon="building-2", key="c")


def _quality() -> Item:
    return Item(label=_("Quality report"), url=reverse("quality"), icon="chart-column", key="u")


def _promises(user: User) -> tuple[Item, ...]:
    """Whoever reads policies reads the calendars that they count by."""
    if not may_read_policies(user):
        return ()
    calendars = Item(label=_("Calendars"), url=reverse("calendars"), icon="calendar")
    return Item(label=_("SLA policies"), url=reverse("policies"), icon="scale", key="s"), calendars


def _alerts() -> Item:
    return Item(label=_("Alerts"), url=reverse("alerts"), icon="bell", key="a", also=reverse("operations"))


def _me() -> Item:
    return Item(label=_("Me"), url=reverse("me"), icon="user")


def _profile() -> Item:
    return Item(label=_("Your profile"), url=reverse("me"), icon="user")


def _bell(user: User) -> Item:
    """What this person was told and nobody has taken care of yet."""
    return Item(
        label=_("Alerts to you"), url=reverse("alerts"), icon="bell", count=open_alerts(user, only_mine=True).count()
    )


def _countdown(nearest: NearestClock) -> Countdown:
    is_response = nearest.clock.kind == Clock.Kind.RESPONSE
    words = _("Next clock, %(priority)s response") if is_response else _("Next clock, %(priority)s resolution")
    return Countdown(
        label=words % {"priority": nearest.priority},
        url=reverse("incident", args=[nearest.incident_id]),
        seconds=nearest.clock.remaining_s,
        is_paused=not nearest.clock.is_ticking,
    )
