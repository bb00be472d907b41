"""A decomposition as it is typed: what it comes to, and what is said of which cell."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from departments.models import Department
from projects.blueprints import parse
from projects.chaincheck import findings_of, flow_of
from projects.drafting import Lexicon, Reading, Words, content_of, decomposition, read, rows_from
from projects.outlook import outlook_of
from tests.factories import MONDAY, a_calendar, a_department

NETWORK = Department(pk=1, slug="network", name="Network")
UNIX = Department(pk=2, slug="unix", name="Unix")
CDC = Department(pk=3, slug="cyber-defence", name="Cyber Defence Centre", short_name="CDC")
WORDS = Words(
    departments=Lexicon([((one.slug, one.name, one.short_name), one) for one in (NETWORK, UNIX, CDC)]),
    people=Lexicon([]),
    tasks=(70,),
)
CELLS = ("title", "department", "low", "likely", "high", "needs", "owner")


def a_row(needs: str = "", **cells: str) -> dict[str, str]:
    return {"title": "Piece", "department": "Network", "likely": "4", "needs": needs} | cells


def read_rows(*rows: dict[str, str]) -> Reading:
    return read(rows, WORDS)


def hours(*typed: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, typed))


def said(reading: Reading) -> list[tuple[int, str]]:
    return [(line.number, problem.field) for line in reading.lines for problem in line.problems]


def test_rows_become_tasks_and_what_they_wait_for():
    reading = read_rows(
        a_row(low="2", high="8,5"), {}, a_row("1 T-70SS+4", department="cdc"), a_row("3FF-2, 1+8h24", department="un")
    )
    assert reading.is_whole
    tasks, dependencies = decomposition(reading, {}, taken=["r1"])
    assert [(task.key, task.department) for task in tasks] == [("r1-2", NETWORK), ("r3", CDC), ("r4", UNIX)]
    assert (tasks[0].optimistic_h, tasks[0].estimate_h, tasks[0].pessimistic_h) == hours("2", "4", "8.5")
    assert [(one.before, one.after, one.kind, str(one.lag_h), one.lag_calendar) for one in dependencies] == [
        ("r1-2", "r3", "FS", "0", "successor"),
        ("70", "r3", "SS", "4", "successor"),
        ("r3", "r4", "FF", "-2", "successor"),
        ("r1-2", "r4", "FS", "8", "24x7"),
    ]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"department": "Sales"}, "department"),
        ({"likely": "a day"}, "likely"),
        ({"likely": "-1"}, "likely"),
        ({"likely": "nan"}, "likely"),
        ({"likely": "1e9"}, "likely"),
        ({"low": "5"}, "low"),
        ({"high": "3"}, "high"),
        ({"needs": "1"}, "needs"),
        ({"needs": "7"}, "needs"),
        ({"needs": "T-71"}, "needs"),
        ({"needs": "soon"}, "needs"),
        ({"needs": "2 2SS"}, "needs"),
        ({"needs": "2+9000"}, "needs"),
        ({"owner": "Somebody"}, "owner"),
        ({"title": "x" * 201}, "title"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_cell(cells, field):
    reading = read_rows(a_row(**cells), a_row())
    assert said(reading) == [(1, field)]
    assert reading.is_wrong


def test_what_is_empty_still_is_missing_not_wrong():
    reading = read_rows({"title": "Piece"}, {"likely": "3"})
    assert not reading.is_wrong
    assert not reading.is_whole
    assert said(reading) == [(1, "department"), (1, "likely"), (2, "title"), (2, "department")]


def test_a_beginning_that_fits_several_names_is_asked_back():
    two = Words(departments=Lexicon([(("Unix",), UNIX), (("Unity",), CDC)]), people=Lexicon([]))
    [line] = read([a_row(department="Uni")], two).lines
    assert "Unix, Cyber Defence Centre" in line.problems[0].message
    assert read([a_row(department="unix")], two).lines[0].department == UNIX


def test_a_circle_is_named_under_the_row_that_goes_back():
    reading = read_rows(a_row(), a_row("1 4"), a_row("2"), a_row("3"))
    [circle] = reading.circles
    assert (circle.row, circle.out, circle.way) == (2, 4, (2, 3, 4))
    assert findings_of(reading)[0].text == "2, 3 and 4 go in a circle"
    drawn = flow_of(reading, now=MONDAY)
    assert drawn.wrong == [2, 3, 4]
    assert {(wire.before, wire.after) for wire in drawn.wires if wire.kind == "dgb"} == {(2, 3), (3, 4), (4, 2)}


texts = st.text(max_size=12) | st.sampled_from(["1", "2", "3 1", "Network", "8", "2SS+4"])
tables = st.lists(st.fixed_dictionaries(dict.fromkeys(CELLS, texts)), max_size=6)


@given(tables)
def test_whatever_is_typed_is_read_drawn_and_judged(rows):
    reading = read(rows, WORDS)
    assert len(flow_of(reading, now=MONDAY).boxes) == len(reading.lines)
    assert findings_of(reading)
    outlook_of(reading, promised_at=MONDAY, now=MONDAY)
    if reading.is_whole:
        tasks, _dependencies = decomposition(reading, {})
        assert len({task.key for task in tasks}) == len(tasks) == len(reading.lines)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda pair: pair[0] != pair[1]), max_size=14))
def test_without_the_numbers_that_are_named_nothing_goes_in_a_circle(pairs):
    needs = {number: {before for before, after in pairs if after == number} for number in range(1, 7)}
    rows = [a_row(" ".join(map(str, needs[number]))) for number in range(1, 7)]
    reading = read(rows, WORDS)
    for circle in reading.circles:
        assert circle.out in needs[circle.row]
        needs[circle.row].discard(circle.out)
    rows = [a_row(" ".join(map(str, needs[number]))) for number in range(1, 7)]
    assert not read(rows, WORDS).circles


def test_a_blueprint_becomes_rows_and_rows_the_same_blueprint():
    content = parse(
        {
            "tasks": [
                {"key": "a", "title": "A", "department": "network", "estimate_h": 4, "what": "How", "done": ["Seen"]},
                {"key": "b", "title": "B", "department": "unix", "estimate_h": {"low": 1, "likely": 2.5, "high": 9}},
            ],
            "dependencies": [{"from": "a", "to": "b", "kind": "SS", "lag_h": 8, "lag_calendar": "24x7"}],
            "questions": ["How many?"],
            "risks": [{"risk": "Late", "answer": "Early"}],
        }
    )
    rows = [a_row(), *rows_from(content, version=7, names={"unix": "Unix"}, after=1)]
    assert rows[2] == {
        "title": "B",
        "department": "Unix",
        "low": "1",
        "likely": "2.5",
        "high": "9",
        "needs": "2SS+8h24",
        "owner": "",
        "piece": "7:b",
    }
    reading = read(rows[1:], WORDS)  # alone the numbers are one less: what B needs is itself
    assert said(reading) == [(2, "needs")]
    alone = read(rows_from(content, version=7, names={}), WORDS)
    pieces = {f"7:{piece.key}": piece for piece in content.tasks}
    assert content_of(alone, pieces, before=content) == content
    [task, _other], _dependencies = decomposition(alone, pieces)
    assert (task.key, task.what, task.done) == ("a", "How", ("Seen",))


@pytest.mark.django_db
def test_hours_become_days_in_the_hours_of_the_departments():
    department = a_department("network")
    department.calendar = a_calendar()  # 09:00 to 17:00
    words = Words(departments=Lexicon([(("network",), department)]), people=Lexicon([]))
    certain = [a_row(low="8", likely="8", high="8"), a_row("1", low="4", likely="4", high="4")]
    noon = MONDAY + timedelta(days=1, hours=4)
    seen = outlook_of(read(certain, words), promised_at=noon - timedelta(hours=1), now=MONDAY)
    assert seen is not None
    assert (seen.likely_at, seen.eight_of_ten_at) == (noon, noon)
    assert (seen.holds, seen.is_risky, seen.drives) == (0, True, None)
    ranged = [a_row(low="4", likely="8", high="20"), certain[1]]
    seen = outlook_of(read(ranged, words), promised_at=noon + timedelta(days=1), now=MONDAY)
    assert seen is not None
    assert seen.likely_at < seen.eight_of_ten_at
    assert 0.5 < (seen.holds or 0) < 1
    assert seen.drives is not None
    assert seen.drives.number == 1
