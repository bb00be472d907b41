"""Writes of the duty roster from a calendar file: the same file twice changes nothing the second time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from departments.ical.reading import Event, Problem, Reading, read_calendar
from departments.models import Department, DutyShift
from departments.operations.duty import Held, add, clash_message, edit, lock_roster, one_line, refuse_impossible, remove
from kernel.errors import Invalid

# Repeats are planned as far ahead as anybody looks; what lies behind is history.
BACK, AHEAD = timedelta(days=31), timedelta(days=366)

Key = tuple[str, str]


@dataclass
class ImportReport:
    """How many shifts an import made, changed, left as they were and took away; and what it left out, one by one."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    cancelled: int = 0
    problems: list[Problem] = field(default_factory=list)


def import_shifts(
    *, text: str, department: Department | None, source: str, zone: tzinfo, actor: User | None, at: datetime
) -> ImportReport:
    """Bring the roster of a department (None: of the whole provider) in line with a calendar, from a month back to a
    year ahead.

    An event is known again by its UID and its place in its series: in `source`, the name of the calendar it comes from,
    or as one that TamHub gave out itself. Whoever attends is on duty; where nobody is invited, whom the summary names;
    else the organizer. What the calendar cancels goes, and so does what its own series no longer have. Shifts that no
    event of it names stay. An event that cannot be planned is reported and left out, its shift as it was.

    Raises Invalid, field `ics`, where the text is no calendar.
    """
    since = at - BACK
    reading = read_calendar(text, since=since, until=at + AHEAD, zone=zone)  # takes its time: nobody waits for it
    with transaction.atomic():
        lock_roster()
        roster = _Import(department, source, reading, actor=actor, at=at)
        roster.cancel_missing(since=since)
        roster.plan()
    return roster.report


class People:
    """Whom a calendar can name: the provider's people with an open account. One query."""

    def __init__(self) -> None:
        self._by_mail: dict[str, User] = {}
        self._by_name: dict[str, set[User]] = {}
        for user in User.objects.filter(is_active=True, contact=None).order_by("pk"):
            if user.email:
                self._by_mail[user.email.casefold()] = user
            for name in {user.get_full_name(), user.username} - {""}:
                self._by_name.setdefault(_words(name), set()).add(user)

    def of(self, event: Event) -> Sequence[User]:
        """Who is on duty by this event. Raises Invalid saying what could not be told."""
        attending = [self._by_mail[mail] for mail in dict.fromkeys(event.attendees) if mail in self._by_mail]
        if attending:
            return attending
        named = self._named(_words(event.summary))
        if len(named) == 1:
            return list(named)
        if named:
            raise Invalid(_("Several people are called like this."))
        if event.organizer in self._by_mail and not event.attendees:
            return [self._by_mail[event.organizer]]
        unknown = ", ".join(event.attendees[:3]) or event.organizer
        if unknown:
            raise Invalid(_("Nobody here has the address %(mail)s.") % {"mail": unknown[:120]})
        raise Invalid(_("It names nobody who works here: invite the person, or write the name into the title."))

    def _named(self, words: str) -> set[User]:
        """Whom the summary names, by the longest name that stands in it."""
        found = [name for name in self._by_name if f" {name} " in f" {words} "]
        return self._by_name[max(found, key=len)] if found else set()


def _words(text: str) -> str:
    return " ".join(re.findall(r"[\w.'@-]+", text.casefold()))


class _Import:
    """One run. The rows it may touch are read at once: those of the same source, and those with a UID of TamHub."""

    def __init__(
        self,
        department: Department | None,
        source: str,
        reading: Reading,
        *,
        actor: User | None,
        at: datetime,
    ) -> None:
        self.report = ImportReport(problems=list(reading.problems))
        self._department, self._source, self._actor, self._at = department, source, actor, at
        self._events = [event for event in reading.events if not event.is_absence]
        self._complete = reading.uids
        self._own, self._imported = self._known({event.uid for event in self._events} | reading.uids)
        self._people = People()

    def _known(self, uids: set[str]) -> tuple[dict[str, DutyShift], dict[Key, list[DutyShift]]]:
        ids = [uid for uid in uids if _is_uuid(uid)]
        rows = DutyShift.objects.filter(Q(uid__in=ids) | Q(source=self._source, source_uid__in=uids))
        own: dict[str, DutyShift] = {}
        imported: dict[Key, list[DutyShift]] = {}
        for row in rows.select_related("user", "department").order_by("pk"):
            if str(row.uid) in uids:
                own[str(row.uid)] = row
            else:
                imported.setdefault((row.source_uid, row.recurrence), []).append(row)
        return own, imported

    def cancel_missing(self, *, since: datetime) -> None:
        """What series once had and no longer have, so far as they were read to the end."""
        named = {(event.uid, event.recurrence) for event in self._events}
        for key in [key for key in self._imported if key not in named and key[0] in self._complete]:
            self._cancel_all(row for row in self._imported.pop(key) if row.starts_at >= since)

    def plan(self) -> None:
        """Cancellations first, for they make room."""
        wanted = [event for event in self._events if not event.is_cancelled]
        for event in self._events:
            if event.is_cancelled:
                self._cancel_all(self._rows_of(event))
        drafts = [draft for event in wanted for draft in self._drafts(event)]
        rows = [row.pk for _event, row, _draft in drafts if row is not None]
        held = Held(self._department, [draft for _event, _row, draft in drafts], without=rows)
        for event, row, draft in drafts:
            problem = self._problem(draft, row, held)
            if problem:
                self._report(event, problem)
                if row is not None:
                    held.add(row)
                continue
            held.add(draft)
            self._write(row, draft)

    def _rows_of(self, event: Event) -> list[DutyShift]:
        if self._is_own(event):
            return [self._own[event.uid]]
        return self._imported.get((event.uid, event.recurrence), [])

    def _is_own(self, event: Event) -> bool:
        """A shift of TamHub is one event; one that somebody made a series of is another calendar's."""
        return not event.recurrence and event.uid in self._own

    def _drafts(self, event: Event) -> Iterator[tuple[Event, DutyShift | None, DutyShift]]:
        """The event as shifts, each with the row that it was so far. Who no longer attends is off duty."""
        try:
            people = self._people.of(event)
        except Invalid as error:
            self._report(event, error.message)
            return
        rows = self._rows_of(event)
        if self._is_own(event):
            person = next((user for user in people if user == rows[0].user), people[0])
            yield event, rows[0], self._draft(event, person)
            return
        self._cancel_all(row for row in rows if row.user not in people)
        for person in people:
            yield event, next((row for row in rows if row.user == person), None), self._draft(event, person)

    def _draft(self, event: Event, user: User) -> DutyShift:
        return DutyShift(
            department=self._department,
            user=user,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            note=one_line(event.description),
            source=self._source,
            source_uid=event.uid,
            recurrence=event.recurrence,
        )

    def _problem(self, draft: DutyShift, row: DutyShift | None, held: Held) -> str:
        if row is not None and row.department != self._department:
            place = row.department or _("the whole provider")
            return _("It stands in the roster of %(place)s and stays as it is there.") % {"place": place}
        try:
            refuse_impossible(draft, at=self._at)
        except Invalid as error:
            return error.message
        clash = held.clash_of(draft)
        return clash_message(clash) if clash is not None else ""

    def _write(self, row: DutyShift | None, draft: DutyShift) -> None:
        if row is None:
            add(draft, actor=self._actor, at=self._at)
            self.report.created += 1
            return
        changes = {name: getattr(draft, name) for name in ("user", "starts_at", "ends_at", "note")}
        if edit(row, changes, actor=self._actor, at=self._at):
            self.report.changed += 1
        else:
            self.report.unchanged += 1

    def _cancel_all(self, rows: Iterable[DutyShift]) -> None:
        for row in rows:
            if row.department == self._department:
                remove(row, actor=self._actor, at=self._at)
                self.report.cancelled += 1

    def _report(self, event: Event, message: str) -> None:
        name = event.summary.strip() or event.uid
        self.report.problems.append(Problem(f"{name[:80]}, {event.starts_at:%Y-%m-%d %H:%M} UTC", message))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
