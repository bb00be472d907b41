"""Laws of the explanation: nothing of a clock's life is left out or told twice, and its deadline can be derived by
hand."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla.explain import PieceKind, explain
from sla.replay import Mark, elapsed_at, replay
from tests.sla.test_replay import ALWAYS, DAY, OFFICE, START, calendars, gaps, marks, placed, targets

changes = st.lists(st.tuples(gaps, st.sampled_from(["unix", "network", "support"])), max_size=5)
whys = st.lists(st.tuples(gaps, st.sampled_from(["client", "vendor"])), max_size=5)


def dated(steps):
    at, found = START, []
    for gap, value in steps:
        at += gap
        found.append((at, value))
    return found


lives = st.tuples(calendars, targets, marks, gaps, changes, whys)


def told(life):
    """(the explanation, the replay, its calendar, the present, who had it) of one clock."""
    calendar, target, steps, later, had_by, waited_for = life
    at, had = placed(steps), dated(had_by)
    now = (at[-1][0] if at else START) + later
    clock = {"started_at": START, "target_s": target, "marks": at, "calendar": calendar, "now": now}
    found = explain(**clock, holders=had, reasons=dated(waited_for))
    return found, replay(**clock), calendar, now, had


@given(lives)
def test_the_pieces_follow_each_other_from_the_start_to_the_end(life):
    found, clock, _calendar, now, _had = told(life)
    end = now if clock.stopped_at is None else clock.stopped_at
    edges = [START, *(piece.end for piece in found.pieces)]
    assert [piece.start for piece in found.pieces] == edges[:-1]
    assert edges[-1] == end
    assert all(piece.length_s > 0 for piece in found.pieces)


@given(lives)
def test_what_the_pieces_count_is_what_the_replay_counts(life):
    found, clock, calendar, now, _had = told(life)
    elapsed = elapsed_at(elapsed_s=clock.elapsed_s, running_since=clock.running_since, calendar=calendar, now=now)
    assert sum(piece.counted_s for piece in found.pieces) == found.used_s == elapsed
    totals = [0, *(piece.total_s for piece in found.pieces)]
    assert [after - before for before, after in pairwise(totals)] == [piece.counted_s for piece in found.pieces]


@given(lives)
def test_the_deadline_derived_by_hand_is_that_of_the_replay(life):
    found, clock, _calendar, _now, _had = told(life)
    assert found.due_at == clock.due_at


@given(lives)
def test_every_second_is_of_the_kind_that_the_calendar_and_the_pauses_say(life):
    found, clock, calendar, now, _had = told(life)
    for piece in found.pieces:
        stood = any(start <= piece.start and piece.end <= (now if end is None else end) for start, end in clock.pauses)
        assert (piece.waits is not None) == stood
        open_s = piece.length_s if calendar.between(piece.start, piece.end) else 0
        assert calendar.between(piece.start, piece.end) == open_s
        assert (piece.kind is PieceKind.OUTSIDE) == (open_s == 0)
        assert (piece.counted_s > 0) == (piece.kind is PieceKind.COUNTED)


@given(lives)
def test_nobody_is_charged_for_another_and_everything_is_charged(life):
    found, _clock, _calendar, _now, had = told(life)
    assert sum(found.counted_by_holder().values()) == found.used_s
    assert sum(found.paused_by_reason().values()) == found.length_s(PieceKind.PAUSED)
    for piece in found.pieces:
        before = [name for at, name in had if at <= piece.start] or [name for _at, name in had[:1]]
        assert piece.holder == (before[-1] if before else None)
        assert not any(piece.start < at < piece.end for at, _name in had)


def test_a_working_day_is_told_as_one_would_tell_it():
    nine = START - START % DAY + 8 * 3600  # 09:00 in Vienna on a Friday in winter time
    found = explain(
        started_at=nine,
        target_s=9 * 3600,
        marks=[(nine + 3600, Mark.PAUSE), (nine + 4 * 3600, Mark.RESUME)],
        calendar=OFFICE,
        now=nine + 9 * 3600,
        reasons=[(nine + 3600, "client"), (nine + 4 * 3600, "")],
        holders=[(nine, "support"), (nine + 5 * 3600, "unix")],
    )
    hours = [((piece.end - piece.start) / 3600, piece.kind.value, piece.waits, piece.holder) for piece in found.pieces]
    assert hours == [
        (1, "counted", None, "support"),
        (2, "paused", "client", "support"),
        (0.5, "outside", "client", "support"),
        (0.5, "paused", "client", "support"),
        (1, "counted", None, "support"),
        (3, "counted", None, "unix"),
        (1, "outside", None, "unix"),
    ]
    assert (found.used_s, found.left_s) == (5 * 3600, 4 * 3600)
    assert found.counted_by_holder() == {"support": 2 * 3600, "unix": 3 * 3600}
    assert found.paused_by_reason() == {"client": 2.5 * 3600}
    assert found.due_at == nine + 3 * DAY + 3 * 3600  # Monday 12:00


def test_a_paused_clock_has_no_deadline_but_says_what_it_would_be():
    found = explain(
        started_at=0, target_s=100, marks=[(40, Mark.PAUSE)], calendar=ALWAYS, now=500, holders=[(0, "unix")]
    )
    assert (found.due_at, found.due_if_resumed, found.left_s) == (None, 560, 60)
