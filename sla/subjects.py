"""What has clocks: the rooms above register themselves here, so that alerts need not know what they watch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from accounts.models import User
from sla.measure import Measured
from sla.models import Clock


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be told. `skipped` says why not (absent, inactive, no address); empty when reachable.

    `in_chain`: comes in turn when those before cannot be reached; the others are told only by a ladder that names
    their role, or because nobody of the chain is at work. `at_work`: within the person's working hours;
    `works_from`: when they begin again (ISO 8601, UTC), empty where that is not known.
    """

    role: str
    user_id: int | None
    name: str
    address: str
    skipped: str = ""
    in_chain: bool = True
    at_work: bool = True
    works_from: str = ""


@dataclass(frozen=True)
class Description:
    """What a message about a subject says of it. `path` is its page, beginning with a slash."""

    reference: str
    title: str
    priority: str
    client: str
    department: str
    path: str


class SubjectOwner(Protocol):
    """What a room promises for its subjects. Each answer is about many at once, in a constant number of queries."""

    def replay(self, subject_ids: Sequence[int], *, now: datetime) -> Mapping[int, list[Measured]]:
        """All clocks of these subjects, computed anew from their events."""

    def recipients(
        self, clocks: Sequence[Clock], *, at: datetime, named: Collection[str] = ()
    ) -> Mapping[int, list[Candidate]]:
        """By the clocks' ids whom an alert of each goes to: the chain in the order of preference, then those whom only
        a ladder names, the people `named` by their usernames among them."""

    def stale_since(self, subject_ids: Sequence[int], *, at: datetime) -> Mapping[int, datetime]:
        """Of these subjects those whose reporting system has fallen silent although it usually speaks, with the
        instant it last spoke: what is known of them may be out of date."""

    def describe(self, subject_ids: Sequence[int]) -> Mapping[int, Description]:
        """What to call them in messages and lists."""

    def visible_ids(self, user: User) -> QuerySet[Any, Any]:
        """The ids of the subjects that a person may see, as a subquery."""

    def answered_ids(self, user: User) -> QuerySet[Any, Any]:
        """The ids of those that a person answers for, as a subquery: their alerts are for this person to read."""

    def open_without_clock(self) -> Iterable[int]:
        """Subjects that should be measured and have no clock at all; there are none unless something went wrong."""


_owners: dict[str, SubjectOwner] = {}


def register(subject_kind: str, owner: SubjectOwner) -> None:
    """Called once by the owning room when it is loaded."""
    _owners[subject_kind] = owner


def owner_of(subject_kind: str) -> SubjectOwner:
    """Raises KeyError for a kind nobody registered: a programming error."""
    return _owners[subject_kind]


def owners() -> Iterable[tuple[str, SubjectOwner]]:
    """Every registered kind with its owner."""
    return _owners.items()
