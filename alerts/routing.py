"""Who gets a message: plain choices over the chain of candidates. No database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sla.subjects import Candidate

DUTY = "duty"
SERVICE_MANAGER = "service_manager"


def chain_of(snapshot: Mapping[str, Any]) -> list[Candidate]:
    """The candidates as they were when the alert was raised."""
    return [Candidate(**candidate) for candidate in snapshot.get("chain", [])]


def first_recipients(chain: Sequence[Candidate], *, is_breach: bool, duty_address: str) -> list[Candidate]:
    """The first reachable candidate, for a breach the service manager, too; if there is nobody, the duty mailbox."""
    reachable = [candidate for candidate in chain if not candidate.skipped]
    chosen = reachable[:1]
    if is_breach:
        chosen += [c for c in reachable if c.role.startswith(SERVICE_MANAGER)][:1]
    return _distinct(chosen) or [duty_mailbox(duty_address)]


def next_recipient(chain: Sequence[Candidate], *, told: Iterable[str], duty_address: str) -> Candidate | None:
    """Who comes after those that were tried already, the duty mailbox last; None when even that was tried."""
    tried = {address.casefold() for address in told}
    candidates = [*(c for c in chain if not c.skipped), duty_mailbox(duty_address)]
    return next((c for c in candidates if c.address.casefold() not in tried), None)


def duty_mailbox(address: str) -> Candidate:
    return Candidate(role=DUTY, user_id=None, name="", address=address)


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list({c.address.casefold(): c for c in reversed(list(candidates))}.values())[::-1]
