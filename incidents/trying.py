"""A rule tried on the past: every incident of a period measured anew under it, beside what is stored. Writes nothing.

Events and clocks are read in one ordered pass each, and measured by the functions that measure the real ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from time import perf_counter
from types import MappingProxyType
from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Client
from accounts.permissions import clients_led_by
from alerts.ladders import steps_of, told_level
from incidents.filters import MISSED
from incidents.lifecycle import Promise
from incidents.models import Incident, IncidentEvent
from incidents.permissions import Person, incidents_visible_to
from incidents.settling import SUBJECT_KIND, calendars, course_of, runs_of, story_of
from incidents.trials import Reading, Trial, Verdict, stored_reading, verdict_of
from kernel.errors import Invalid
from sla.ladder import Step
from sla.measure import BREACH, Run, epoch
from sla.models import PROMISED, Clock, PolicyVersion
from sla.operations import DEFAULT_PAUSE_ON, DEFAULT_THRESHOLDS, TargetInput
from sla.terms import Target, Terms, for_all, terms_of

# More than this is for a shorter period, or for one client.
MOST_INCIDENTS = 50_000
CHUNK = 5_000
# Whom an alert goes to where no step names anybody, as `alerts.routing` chooses while everybody can be reached.
WITHOUT_STEPS = ("tam",)
BREACH_WITHOUT_STEPS = ("tam", "service_manager")

# The levels of a clock that are told, and who stands there; by policy version, target in seconds and priority.
Messages = Sequence[tuple[int, tuple[str, ...]]]
Said = Callable[[int, int, str], Messages]

INCIDENT_COLUMNS = ("pk", "title", "client__name", "priority", "opened_at", "policy_version_id")
EVENT_COLUMNS = (
    *("incident_id", "kind", "at", "recorded_at", "actor_id", "via", "status", "hold_reason", "priority"),
    *("department_id", "assignee_changed", "assignee_id", "policy_version_id", "ola_version_id", "vendor_id"),
    *("vendor_version_id", "is_public", "said_by"),
)
CLOCK_COLUMNS = (
    *("subject_id", "kind", "state", "target_s", "elapsed_s", "running_since", "due_at", "stopped_at"),
    *("calendar_version_id", "policy_version_id"),
)


@dataclass(frozen=True)
class Rule:
    """What is tried; None leaves that part as it was promised to each incident.

    `terms` are another policy or a draft of one; `calendar_id` counts for all priorities; `ladder` stands in place of
    the policy's, whatever policy counts.
    """

    terms: Terms | None = None
    calendar_id: int | None = None
    ladder: tuple[Step, ...] | None = None

    def applied(self, promised: Terms) -> Terms:
        """What counts instead of these terms."""
        found = self.terms or promised
        if self.calendar_id is not None:
            moved = {p: replace(target, calendar_id=self.calendar_id) for p, target in found.targets.items()}
            found = replace(found, targets=MappingProxyType(moved))
        if self.ladder is not None:
            levels = {*found.thresholds, *(step.level for step in self.ladder)}
            found = replace(found, ladder=self.ladder, thresholds=tuple(sorted(levels)))
        return found


@dataclass(frozen=True)
class Changed:
    """An incident whose promise of a kind would have been kept otherwise, and why."""

    incident_id: int
    title: str
    client: str
    priority: str
    opened_at: datetime
    kind: str
    before: Verdict | None
    after: Verdict | None
    reasons: tuple[str, ...]

    @property
    def is_missed_now(self) -> bool:
        return self.before is not None and self.before.verdict == MISSED

    @property
    def is_missed_then(self) -> bool:
        return self.after is not None and self.after.verdict == MISSED


@dataclass
class Tally:
    """How the promises of a kind were kept."""

    met: int = 0
    missed: int = 0
    running: int = 0

    def add(self, verdict: str) -> None:
        setattr(self, verdict, getattr(self, verdict) + 1)

    @property
    def share(self) -> float | None:
        """Of those that are decided, between 0 and 1."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


@dataclass
class Outcome:
    """What the rule would have changed. The messages are those that ladders send, counted by who stands on them."""

    incidents: int = 0
    events: int = 0
    took_s: float = 0.0
    before: dict[str, Tally] = field(default_factory=lambda: {kind.value: Tally() for kind in PROMISED})
    after: dict[str, Tally] = field(default_factory=lambda: {kind.value: Tally() for kind in PROMISED})
    changed: list[Changed] = field(default_factory=list)
    messages_before: Counter[str] = field(default_factory=Counter)
    messages_after: Counter[str] = field(default_factory=Counter)

    @property
    def newly_missed(self) -> int:
        return sum(one.is_missed_then and not one.is_missed_now for one in self.changed)

    @property
    def no_longer_missed(self) -> int:
        return sum(one.is_missed_now and not one.is_missed_then for one in self.changed)


def last_quarter(now: datetime) -> tuple[datetime, datetime]:
    """From its first midnight to the first after it, in the zone of the installation."""
    today = timezone.localdate(now, timezone.get_default_timezone())
    quarter = (today.year * 12 + today.month - 1) // 3
    since, until = (date(months // 12, months % 12 + 1, 1) for months in (3 * quarter - 3, 3 * quarter))
    return midnight(since), midnight(until)


def midnight(day: date) -> datetime:
    """The beginning of a day in the zone of the installation."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def clients_to_try_on(user: Person) -> QuerySet[Client]:
    """On whose past a person may try a rule: the clients one answers for."""
    return clients_led_by(user)


def drafted(
    *,
    targets: Iterable[TargetInput],
    pause_on: Iterable[str] = DEFAULT_PAUSE_ON,
    thresholds: Iterable[int] = DEFAULT_THRESHOLDS,
    reopen: str = PolicyVersion.Reopen.CONTINUE,
    reopen_within_days: int | None = None,
    update_mode: str = PolicyVersion.Update.EVERY,
    ladder: Iterable[Step] = (),
    escalate_after_s: int | None = None,
) -> Terms:
    """The terms of a policy that is stored nowhere; its version is number 0."""
    steps = tuple(ladder)
    named = {t.priority: Target(t.response_s, t.resolution_s, t.calendar.pk, t.update_s) for t in targets}
    return Terms(
        policy_version_id=0,
        pause_on=frozenset(pause_on),
        thresholds=tuple(sorted({*thresholds, *(step.level for step in steps)})),
        reopen=reopen,
        targets=MappingProxyType(for_all(named)),
        reopen_within_days=reopen_within_days,
        update_mode=update_mode,
        ladder=steps,
        escalate_after_s=escalate_after_s,
    )


def tried(
    user: Person, rule: Rule, *, since: datetime, until: datetime, client: Client | None = None, now: datetime
) -> Outcome:
    """The incidents opened in `[since, until)` of the clients one answers for, under the rule; four queries.

    Raises Invalid where there are more than `MOST_INCIDENTS`.
    """
    began = perf_counter()
    rows = incidents_visible_to(user).filter(
        client__in=clients_to_try_on(user), opened_at__gte=since, opened_at__lt=until
    )
    if client is not None:
        rows = rows.filter(client=client)
    if rows.count() > MOST_INCIDENTS:
        message = _("These are more than %(most)d incidents: choose a shorter period, or one client.")
        raise Invalid(message % {"most": MOST_INCIDENTS}, field="from")
    outcome = _tried(rows, rule, now=now)
    outcome.took_s = perf_counter() - began
    return outcome


def _tried(rows: QuerySet[Incident], rule: Rule, *, now: datetime) -> Outcome:
    among = rows.order_by().values("pk")
    events = IncidentEvent.objects.filter(incident__in=among).order_by("incident_id", "at", "id")
    clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, kind__in=PROMISED, subject_id__in=among)
    events_of = _pass(events.values_list(*EVENT_COLUMNS, named=True), key="incident_id")
    clocks_of = _pass(clocks.order_by("subject_id").values_list(*CLOCK_COLUMNS, named=True), key="subject_id")
    court = _Court(rule, now=now)
    for incident in rows.order_by("pk").values_list(*INCIDENT_COLUMNS, named=True).iterator(CHUNK):
        court.take(incident, events_of(incident.pk), clocks_of(incident.pk))
    return court.outcome


def _pass(rows: QuerySet[Any, Any], *, key: str) -> Callable[[int], list[Any]]:
    """Reads rows that come ordered by `key` once, and hands them out to who asks for ascending keys."""
    groups = groupby(rows.iterator(CHUNK), key=attrgetter(key))
    ahead: list[tuple[int, list[Any]]] = []

    def of(pk: int) -> list[Any]:
        while not ahead or ahead[0][0] < pk:
            ahead.clear()
            group = next(groups, None)
            if group is None:
                return []
            ahead.append((group[0], list(group[1])))
        return ahead[0][1] if ahead[0][0] == pk else []

    return of


class _Court:
    """Judges one incident after the other, as it was and under the rule."""

    def __init__(self, rule: Rule, *, now: datetime) -> None:
        self.now = now
        self.outcome = Outcome()
        self.calendar_version = calendars(now=now)
        self.ruled: Callable[[int], Terms] = lru_cache(maxsize=None)(
            lambda version_id: rule.applied(terms_of(version_id))
        )
        self.said_before: Said = lru_cache(maxsize=None)(
            lambda version_id, target_s, priority: messages(terms_of(version_id), target_s, priority=priority)
        )
        self.said_after: Said = lru_cache(maxsize=None)(
            lambda version_id, target_s, priority: messages(self.ruled(version_id), target_s, priority=priority)
        )

    def take(self, incident: Any, events: Sequence[Any], clocks: Sequence[Any]) -> None:
        """Rows stand for the objects: to build those would take most of the time."""
        self.outcome.incidents += 1
        self.outcome.events += len(events)
        known = cast(Iterable[IncidentEvent], events)
        story = story_of(cast(Incident, incident), known, until=self.now, promise=self._promise)
        runs = [run for run in runs_of(story, opened_at=epoch(incident.opened_at)) if run.kind in PROMISED]
        trials = [self._trial(run) for run in runs]
        for kind in PROMISED:
            mine = [trial for trial in trials if trial.run.kind == kind and self._is_promised(trial)]
            after = [trial.reading() for trial in mine]
            stored = [clock for clock in clocks if clock.kind == kind]
            before = [stored_reading(clock, now=epoch(self.now)) for clock in stored]
            for clock, reading in zip(stored, before, strict=True):
                said = self.said_before(clock.policy_version_id, reading.target_s, incident.priority)
                self.outcome.messages_before.update(receivers(said, reading))
            for trial, reading in zip(mine, after, strict=True):
                was = trial.was.terms.policy_version_id
                said = self.said_after(was, reading.target_s, incident.priority)
                self.outcome.messages_after.update(receivers(said, reading))
            self._judge(incident, kind.value, verdict_of(before), verdict_of(after), mine)

    def _judge(
        self, incident: Any, kind: str, before: Verdict | None, after: Verdict | None, trials: Sequence[Trial]
    ) -> None:
        for tallies, verdict in ((self.outcome.before, before), (self.outcome.after, after)):
            if verdict is not None:
                tallies[kind].add(verdict.verdict)
        if (before and before.verdict) == (after and after.verdict):
            return
        self.outcome.changed.append(
            Changed(
                incident_id=incident.pk,
                title=incident.title,
                client=incident.client__name,
                priority=incident.priority,
                opened_at=incident.opened_at,
                kind=kind,
                before=before,
                after=after,
                reasons=tuple(_reasons(before, after, trials)),
            )
        )

    def _promise(self, policy_version_id: int, priority: str) -> Promise:
        return course_of(self.ruled(policy_version_id), priority)

    def _trial(self, run: Run) -> Trial:
        promised = [replace(one, terms=self.ruled(one.terms.policy_version_id)) for one in run.promised]
        ruled = Run.of(run.kind, run.cycle, started_at=run.started_at, happened=run.happened, promised=promised)
        return Trial(run, ruled, self.calendar_version, epoch(self.now))

    def _is_promised(self, trial: Trial) -> bool:
        return trial.run.kind != Clock.Kind.UPDATE or trial.becomes.target.update_s is not None


def _reasons(before: Verdict | None, after: Verdict | None, trials: Sequence[Trial]) -> Iterable[str]:
    if before is None:
        return [_("Nothing was promised about it")]
    if after is None:
        return [_("Nothing would be promised about it")]
    readings = [(trial, trial.reading()) for trial in trials]
    trial, _worst = min(readings, key=lambda pair: (not pair[1].is_missed, pair[1].left_s))
    return trial.reasons()


def messages(terms: Terms, target_s: int, *, priority: str) -> Messages:
    """The levels of a clock that are told, and whom; near ones are told as one."""
    instants = [(level, target_s * level // 100) for level in sorted({*terms.thresholds, BREACH})]
    found = []
    for level, _at in instants:
        if told_level(terms, [level], instants=instants, priority=priority) is None:
            continue
        steps = steps_of(terms, level, instants=instants, priority=priority)
        usual = BREACH_WITHOUT_STEPS if level == BREACH else WITHOUT_STEPS
        found.append((level, tuple(dict.fromkeys(who for step in steps for who in step.to)) or usual))
    return found


def receivers(said: Messages, reading: Reading) -> Iterable[str]:
    """Who was told in the life of a clock, once for each message."""
    for level, who in said:
        if reading.is_missed if level == BREACH else reading.used_s * 100 >= level * reading.target_s:
            yield from who
