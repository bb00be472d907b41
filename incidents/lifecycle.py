"""What an incident's events add up to: status, times, hops and what happened to its clocks. Pure, no database.

The live operations, the import and the audit tell the story with this one function. Instants are whole epoch seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sla.replay import Happening, Mark

NEW, IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED = "new", "in_progress", "on_hold", "resolved", "closed"
STOPPED = frozenset({RESOLVED, CLOSED})
VENDOR = "vendor"
# Who spoke to whom in public: one of us to the client, the client to us. What a program says counts for neither.
US, CLIENT = "us", "client"
EVERY, AFTER_CLIENT = "every", "after_client"

# Which status may follow which by a verb of a person. A ticketing system reports states as they are and is not held
# to it.
TRANSITIONS: dict[str, frozenset[str]] = {
    NEW: frozenset({IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED}),
    IN_PROGRESS: frozenset({ON_HOLD, RESOLVED, CLOSED}),
    ON_HOLD: frozenset({IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED}),
    RESOLVED: frozenset({IN_PROGRESS, CLOSED}),
    CLOSED: frozenset({IN_PROGRESS}),
}


@dataclass(slots=True)  # not frozen: an import makes millions, and frozen ones take twice as long
class Step:
    """One event as the story needs it; empty fields leave things as they are.

    `policy_version_id` only where the event sets the terms anew, known since `known_at`; `ola_version_id` goes with the
    department, `vendor_version_id` with the vendor. `says` is US or CLIENT for a public word; `reporter` is the system
    that reports the status, None for what people do.
    """

    at: int
    known_at: datetime
    status: str = ""
    hold_reason: str = ""
    priority: str = ""
    department_id: int | None = None
    assignee_changed: bool = False
    assignee_id: int | None = None
    policy_version_id: int | None = None
    ola_version_id: int | None = None
    vendor_id: int | None = None
    vendor_version_id: int | None = None
    says: str = ""
    reporter: tuple[int | None, str] | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """From `at` on this version of a policy counts, for this priority; the calendars are those of `known_at`."""

    at: int
    policy_version_id: int
    priority: str
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """What the course of events depends on, of a policy version and priority. `update_mode` is EVERY, AFTER_CLIENT, or
    empty where no updates are promised."""

    new_cycle_on_reopen: bool = False
    update_mode: str = ""


@dataclass(slots=True)
class Cycle:
    """One run of a clock. Once it is over, only what was agreed until then counts: the first `agreed` entries of the
    story's; None: all of them."""

    started_at: int
    happened: list[Happening] = field(default_factory=list)
    agreed: int | None = None


@dataclass(slots=True)
class Stay:
    """The incident was with this department from `started_at` to `ended_at` (None: still is).

    `accepted_at`: somebody of it took it, or work went on; None: nobody did, even if the stay is over.
    """

    department_id: int
    started_at: int
    known_at: datetime
    ola_version_id: int | None
    acceptance: Cycle
    work: Cycle
    ended_at: int | None = None
    accepted_at: int | None = None


@dataclass(slots=True)
class VendorHold:
    """One wait for a vendor; without a version nothing was promised."""

    vendor_id: int
    version_id: int | None
    known_at: datetime
    cycle: Cycle


@dataclass(slots=True)
class Story:
    status: str = NEW
    hold_reason: str = ""
    priority: str = ""
    department_id: int | None = None
    assignee_id: int | None = None
    vendor_id: int | None = None
    responded_at: int | None = None
    resolved_at: int | None = None
    closed_at: int | None = None
    reopen_count: int = 0
    last_status_at: int = 0
    agreed: list[Agreed] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    updates: list[Cycle] = field(default_factory=list)
    vendor_holds: list[VendorHold] = field(default_factory=list)

    @property
    def policy_version_id(self) -> int:
        return self.agreed[-1].policy_version_id


def tell(
    *,
    opened_at: int,
    steps: Sequence[Step],
    policy_version_id: int,
    known_at: datetime,
    promise: Callable[[int, str], Promise],
) -> Story:
    """The story of an incident that became known at `known_at`, its steps given in order; `policy_version_id` counts
    from the opening on.

    A step earlier than the opening, or than the step before it, counts as at that instant. The response is the first
    status other than new. The resolution stops when resolved or closed, and goes on (or starts anew, if the terms of
    that moment say so) when an open status follows. The first priority counts from the opening on.
    """
    teller = _Teller(
        Story(
            last_status_at=opened_at,
            cycles=[Cycle(opened_at)],
            agreed=[Agreed(opened_at, policy_version_id, "", known_at)],
        ),
        promise,
    )
    last = opened_at
    for step in in_order(steps):
        last = max(step.at, last)
        teller.take(step, last)
    return teller.story


def in_order(steps: Sequence[Step]) -> Iterable[Step]:
    """The order in which things became known, but for states that several systems report of one second: nobody knows
    which was first, so a stop counts after a pause, and a pause after what goes on, in whatever order they came in."""
    return steps if len({step.reporter for step in steps if step.reporter}) < 2 else _by_seconds(steps)


def _by_seconds(steps: Iterable[Step]) -> Iterator[Step]:
    group: list[Step] = []
    for step in steps:
        if group and not (step.reporter and group[-1].reporter and step.at == group[-1].at):
            yield from _ranked(group)
            group = []
        group.append(step)
    yield from _ranked(group)


def _ranked(group: list[Step]) -> list[Step]:
    if len({step.reporter for step in group}) < 2:
        return group
    return sorted(group, key=lambda step: 2 if step.status in STOPPED else int(step.status == ON_HOLD))


class _Teller:
    """Takes one step after the other."""

    def __init__(self, story: Story, promise: Callable[[int, str], Promise]) -> None:
        self.story = story
        self.promise = promise
        self.promised = Promise()
        self.client_waits = False

    def take(self, step: Step, at: int) -> None:
        story = self.story
        if (step.priority and step.priority != story.priority) or step.policy_version_id is not None:
            self._agree(step, at)
        if step.department_id is not None and step.department_id != story.department_id:
            self._move(step, at)
        if step.assignee_changed:
            story.assignee_id = step.assignee_id
            if step.assignee_id is not None:
                self._accept(at)
        if step.status:
            self._enter(step, at)
        if step.says:
            self._say(step.says, at)

    # ------------------------------------------------------------------------------------------------ terms
    def _agree(self, step: Step, at: int) -> None:
        story = self.story
        last = story.agreed[-1]
        known_before = len(story.agreed)
        is_first = not story.priority
        story.priority = step.priority or story.priority
        since = last.at if is_first else at
        if step.policy_version_id is None:
            agreed = Agreed(since, last.policy_version_id, story.priority, last.known_at)
        else:
            agreed = Agreed(since, step.policy_version_id, story.priority, step.known_at)
        if is_first:
            story.agreed.pop()
        story.agreed.append(agreed)
        self.promised = self.promise(agreed.policy_version_id, story.priority)
        if not self.promised.update_mode:
            self._stop_update(at, agreed=known_before)
        elif self.promised.update_mode == EVERY and not self._update_runs and self._is_at_work:
            self._start_update(at)

    # ------------------------------------------------------------------------------------------------ hops
    def _move(self, step: Step, at: int) -> None:
        story = self.story
        assert step.department_id is not None
        if story.stays:
            former = story.stays[-1]
            former.ended_at = at
            former.work.happened.append((at, Mark.STOP, ""))
            if former.accepted_at is None:
                former.acceptance.happened.append((at, Mark.STOP, ""))
            former.acceptance.agreed = former.work.agreed = len(story.agreed)
        stay = Stay(
            department_id=step.department_id,
            started_at=at,
            known_at=step.known_at,
            ola_version_id=step.ola_version_id,
            acceptance=Cycle(at, self._standing(at)),
            work=Cycle(at, self._standing(at)),
        )
        story.department_id = step.department_id
        story.stays.append(stay)

    def _accept(self, at: int) -> None:
        if self.story.stays and (stay := self.story.stays[-1]).accepted_at is None:
            stay.accepted_at = at
            stay.acceptance.happened.append((at, Mark.STOP, ""))

    def _standing(self, at: int) -> list[Happening]:
        """How a clock begins that starts now."""
        match self.story.status:
            case "on_hold":
                return [(at, Mark.PAUSE, self.story.hold_reason)]
            case "resolved" | "closed":
                return [(at, Mark.STOP, "")]
        return []

    # ------------------------------------------------------------------------------------------------ status
    def _enter(self, step: Step, at: int) -> None:
        story = self.story
        before, after = story.status, step.status
        reason = step.hold_reason if after == ON_HOLD else ""
        if (after, reason) != (before, story.hold_reason):
            story.last_status_at = at
        responds = after != NEW and story.responded_at is None
        if responds:
            story.responded_at = at
        reopens = before in STOPPED and after not in STOPPED
        if after in STOPPED:
            if before not in STOPPED:
                self._mark((at, Mark.STOP, ""))
                self._stop_update(at)
                story.resolved_at = at
            if after == CLOSED and before != CLOSED:
                story.closed_at = at
        else:
            if reopens:
                self._reopen(at)
                self._mark((at, Mark.RESUME, ""))
            self._mark((at, Mark.PAUSE, reason) if after == ON_HOLD else (at, Mark.RESUME, ""))
        if after != before and after in {IN_PROGRESS, *STOPPED}:
            self._accept(at)
        story.status, story.hold_reason = after, reason
        self._wait_for_vendor(step, at)
        if after not in STOPPED and (reopens or responds):
            self._expect_update(at, reopens=reopens)

    def _mark(self, happening: Happening) -> None:
        """To everything that stands and goes on with the incident; what stopped for good is left alone."""
        story = self.story
        story.cycles[-1].happened.append(happening)
        if self._update_runs:
            story.updates[-1].happened.append(happening)
        if story.stays:
            stay = story.stays[-1]
            stay.work.happened.append(happening)
            if stay.accepted_at is None:
                stay.acceptance.happened.append(happening)

    def _reopen(self, at: int) -> None:
        story = self.story
        story.reopen_count += 1
        story.resolved_at = story.closed_at = None
        if self.promised.new_cycle_on_reopen:
            story.cycles.append(Cycle(at))

    def _wait_for_vendor(self, step: Step, at: int) -> None:
        """A hold that names no vendor goes on with the one it had."""
        story = self.story
        waits = (story.status, story.hold_reason) == (ON_HOLD, VENDOR)
        vendor_id = (step.vendor_id or story.vendor_id) if waits else None
        if vendor_id == story.vendor_id:
            return
        if story.vendor_id is not None:
            ended = story.vendor_holds[-1].cycle
            ended.happened.append((at, Mark.STOP, ""))
            ended.agreed = len(story.agreed)
        if vendor_id is not None:
            story.vendor_holds.append(VendorHold(vendor_id, step.vendor_version_id, step.known_at, Cycle(at)))
        story.vendor_id = vendor_id

    # ------------------------------------------------------------------------------------------------ updates
    @property
    def _is_at_work(self) -> bool:
        """There was a response, and there is something to tell of."""
        return self.story.responded_at is not None and self.story.status not in STOPPED

    @property
    def _update_runs(self) -> bool:
        return bool(self.story.updates) and self.story.updates[-1].agreed is None

    def _start_update(self, at: int) -> None:
        self.story.updates.append(Cycle(at, self._standing(at)))

    def _stop_update(self, at: int, *, agreed: int | None = None) -> None:
        if self._update_runs:
            cycle = self.story.updates[-1]
            cycle.happened.append((at, Mark.STOP, ""))
            cycle.agreed = len(self.story.agreed) if agreed is None else agreed

    def _expect_update(self, at: int, *, reopens: bool) -> None:
        mode = self.promised.update_mode
        if mode == EVERY or (mode == AFTER_CLIENT and (reopens or self.client_waits)):
            self._start_update(at)
        self.client_waits = False

    def _say(self, who: str, at: int) -> None:
        mode = self.promised.update_mode
        if who == US:
            self.client_waits = False
            if self._update_runs:
                self._stop_update(at)
                if mode == EVERY:
                    self._start_update(at)
        elif mode == AFTER_CLIENT and not self._update_runs:
            if self._is_at_work:
                self._start_update(at)
            else:
                self.client_waits = self.story.responded_at is None
