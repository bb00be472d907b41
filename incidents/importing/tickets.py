"""What an import makes of a file of any format: tickets, each with the events it tells, and lines that were refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Client
from departments.models import Department, GroupMapping
from incidents.importing.reading import Row
from incidents.models import Incident, IncidentEvent
from incidents.operations.open import FIRST_LINE
from incidents.settling import calendars
from projects.models import Project
from sla.measure import CalendarLookup, epoch
from sla.models import PolicyVersion, SlaPolicy
from sla.operations import policy_for
from sla.versions import version_in_force

CLOCKS_MAY_DIFFER = timedelta(minutes=5)
VIA = "import"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken, of which ticket (as far as known), and why."""

    line: int
    reference: str
    reason: str


class Refused(Exception):
    """This line cannot be taken; the message says why."""


@dataclass(frozen=True)
class Setting:
    """What a run knows beforehand: whose tickets these are, what was promised, what names mean, and when it is.

    `olas` are the versions of what departments promise; `calendar_version` answers the same for the whole run.
    """

    client: Client
    now: datetime
    project: Project | None
    policy: SlaPolicy | None
    groups: Mapping[str, int]
    departments: Mapping[str, int]
    first_line: int
    olas: Mapping[int, int]
    calendar_version: CalendarLookup
    _policies: dict[int | None, PolicyVersion] = field(default_factory=dict)

    @classmethod
    def read(cls, *, client: Client, project: Project | None, policy: SlaPolicy | None, now: datetime) -> Setting:
        now = now.replace(microsecond=0)
        departments = dict(Department.objects.active().values_list("slug", "pk"))
        promising = Department.objects.exclude(ola=None).select_related("ola")
        return cls(
            client=client,
            now=now,
            project=project,
            policy=policy,
            groups=dict(GroupMapping.objects.filter(client=client).values_list("group", "department_id")),
            departments=departments,
            first_line=Department.objects.get(slug=FIRST_LINE).pk,
            olas={d.pk: version_in_force(d.ola, now).pk for d in promising if d.ola is not None},
            calendar_version=calendars(now=now),
        )

    def policy_version(self, project: Project | None) -> PolicyVersion:
        """What counts for a new ticket of this project, the same for the whole run."""
        key = project.pk if project else None
        if key not in self._policies:
            project_policy = project.sla_policy if project else None
            self._policies[key] = policy_for(self.policy, project_policy, client=self.client, at=self.now)
        return self._policies[key]

    def past(self, at: int) -> int:
        """The instant if it is not in the future. Clocks of other machines may run five minutes ahead."""
        now = epoch(self.now)
        if at > now + CLOCKS_MAY_DIFFER.total_seconds():
            raise Refused(_("tells of the future"))
        return min(at, now)


@dataclass
class Additions:
    """What a ticket adds to what is known of its incident.

    `events` are all events of the incident as they shall stand, those of `fresh` are to be stored, those with the ids
    `replaced` to be deleted; `columns` are words to set.
    """

    events: list[IncidentEvent] = field(default_factory=list)
    fresh: list[IncidentEvent] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass
class Ticket(ABC):
    """One incident as the file tells it. `lines` is what a refusal of the whole names."""

    source: str
    reference: str
    lines: list[int]
    opened_at: int

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, Any]:
        """Words of a new incident: title, description and the like."""

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.reference

    @property
    @abstractmethod
    def size(self) -> int:
        """How many events it tells."""

    @abstractmethod
    def opening(self, setting: Setting) -> Additions:
        """Its events, when the incident is new."""

    @abstractmethod
    def additions(self, incident: Incident, known: Sequence[IncidentEvent], setting: Setting) -> Additions:
        """What is new in it. Nothing fresh and nothing replaced: the incident is unchanged."""

    def refused(self, reason: str) -> list[Rejected]:
        return [Rejected(line, self.reference, reason) for line in self.lines]


class Format(ABC):
    """How a kind of file becomes tickets."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]

    @abstractmethod
    def check(self, header: Sequence[str]) -> None:
        """Raises Unusable when the columns are not these."""

    @abstractmethod
    def tickets(
        self, rows: Iterable[Row | Rejected], *, header: Sequence[str], setting: Setting
    ) -> Iterator[Ticket | Rejected]:
        """The tickets of the file, in its order. The rows may raise Broken."""


def in_order(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    """Stored events come by (at, id) and fresh ones get higher ids: sorting by time alone keeps the rest."""
    return sorted(events, key=lambda event: event.at)
