"""Who gets a message: plain choices over candidates and the steps of a ladder. No database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla.ladder import Step
from sla.subjects import Candidate

DUTY = "duty"
ON_DUTY = "on_duty"
SERVICE_MANAGER = "service_manager"
STAND_IN = "_stand_in"


@dataclass(frozen=True)
class Recipient:
    """Somebody who is to be told; `waits`: not before the person is at work."""

    candidate: Candidate
    waits: bool = False

    @property
    def not_before(self) -> datetime | None:
        """When the person begins work; None: at once. Who is at work, or never is, is told at once."""
        if not self.waits or self.candidate.at_work or not self.candidate.works_from:
            return None
        return datetime.fromisoformat(self.candidate.works_from)


def chain_of(snapshot: Mapping[str, Any]) -> list[Candidate]:
    """The candidates as they were when the alert was raised; those whom only a ladder names come last."""
    return [Candidate(**candidate) for candidate in snapshot.get("chain", [])]


def first_recipients(
    candidates: Sequence[Candidate],
    *,
    is_breach: bool,
    duty_address: str,
    steps: Sequence[Step] = (),
    is_urgent: bool = False,
) -> list[Recipient]:
    """Whom the steps of a ladder name, all of them; without steps the first reachable of the chain, for a breach the
    service manager, too. If there is nobody, the duty mailbox.

    Who is on duty is told as well when nobody of those told at once is at work. A breach is told to somebody at once,
    in the last resort to the duty mailbox; an urgent one waits for nobody.
    """
    reachable = [candidate for candidate in candidates if not candidate.skipped]
    chosen = _named(reachable, steps, is_held=not (is_breach and is_urgent), duty_address=duty_address)
    chosen = chosen or _default(reachable, is_breach=is_breach)
    chosen = chosen or [Recipient(duty_mailbox(duty_address))]
    return _distinct([*chosen, *_called(chosen, candidates, is_breach=is_breach, duty_address=duty_address)])


def next_recipients(
    candidates: Sequence[Candidate], *, told: Collection[str], told_users: Collection[int], duty_address: str
) -> list[Recipient]:
    """Who comes after those that were told already: the next of the chain, the duty mailbox last; who is on duty as
    well if that person is not at work. Empty when even the duty mailbox was told."""
    heard = {address.casefold() for address in told}

    def is_new(candidate: Candidate) -> bool:
        return candidate.address.casefold() not in heard and candidate.user_id not in told_users

    reachable = [candidate for candidate in candidates if not candidate.skipped and is_new(candidate)]
    chain = [candidate for candidate in reachable if candidate.in_chain]
    following = next(filter(is_new, [*chain, duty_mailbox(duty_address)]), None)
    if following is None:
        return []
    chosen = [Recipient(following)]
    return _distinct([*chosen, *_called(chosen, reachable, is_breach=False, duty_address=duty_address)])


def duty_mailbox(address: str) -> Candidate:
    return Candidate(role=DUTY, user_id=None, name="", address=address)


def _default(reachable: Sequence[Candidate], *, is_breach: bool) -> list[Recipient]:
    chain = [candidate for candidate in reachable if candidate.in_chain]
    chosen = chain[:1]
    if is_breach:
        chosen += [c for c in chain if c.role in {SERVICE_MANAGER, SERVICE_MANAGER + STAND_IN}][:1]
    return [Recipient(candidate) for candidate in chosen]


def _named(
    reachable: Sequence[Candidate], steps: Iterable[Step], *, is_held: bool, duty_address: str
) -> list[Recipient]:
    """Those who wait come last, so that who is named twice is told at once."""
    mailbox = duty_mailbox(duty_address)
    chosen = [
        Recipient(candidate, waits=is_held and not step.any_hour)
        for step in steps
        for role in step.to
        for candidate in ([mailbox] if role == DUTY else _in_role(reachable, role))
    ]
    return sorted(chosen, key=lambda recipient: recipient.not_before is not None)


def _in_role(reachable: Iterable[Candidate], role: str) -> list[Candidate]:
    return [candidate for candidate in reachable if candidate.role in {role, role + STAND_IN}]


def _called(
    chosen: Sequence[Recipient], candidates: Sequence[Candidate], *, is_breach: bool, duty_address: str
) -> list[Recipient]:
    """Who is to be called because those who are told are not at work: who is on duty, and if nobody of them can be
    reached, the duty mailbox."""
    at_once = [recipient for recipient in chosen if recipient.not_before is None]
    if any(recipient.candidate.at_work for recipient in at_once) or not (at_once or is_breach):
        return []
    on_duty = [candidate for candidate in candidates if candidate.role == ON_DUTY]
    called = [Recipient(candidate) for candidate in on_duty if not candidate.skipped]
    if not called and (on_duty or not at_once):
        return [Recipient(duty_mailbox(duty_address))]
    return called


def _distinct(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Each address once, told at once if it is named for that anywhere."""
    found: dict[str, Recipient] = {}
    for recipient in recipients:
        known = found.setdefault(recipient.candidate.address.casefold(), recipient)
        if known.not_before is not None and recipient.not_before is None:
            found[recipient.candidate.address.casefold()] = recipient
    return list(found.values())
