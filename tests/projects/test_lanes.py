"""The board: cards in lanes and steps, and wires that run through no card whatever the graph."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.drawing import lanes
from projects.drawing.lanes import HEAD, HEIGHT, SLOT, WIDTH, Card, Edge, Lane
from projects.planning.graph import Circle
from tests.projects.drawings import Box, assert_lawful

DEPARTMENTS = [Lane(name, name.title(), "building-2") for name in ("network", "unix", "backup", "dba")]


def cards(*departments):
    return [
        Card(key=key, lane=department, title=f"Task {key}", url=f"/tasks/{key}/", badge="ready")
        for key, department in enumerate(departments)
    ]


def boxes(board):
    found = [cell for row in board.rows for cells in row.cells for cell in cells]
    return {cell.card.key: Box(cell.x, cell.y, WIDTH, HEIGHT) for cell in found}


@st.composite
def boards(draw):
    departments = draw(st.lists(st.sampled_from([lane.key for lane in DEPARTMENTS]), min_size=1, max_size=12))
    pairs = [(before, after) for after in range(len(departments)) for before in range(after)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    states = st.sampled_from(("freed", "waiting", "held"))
    return cards(*departments), [Edge(before, after, draw(states)) for before, after in chosen]


@settings(deadline=None)
@given(board=boards())
def test_any_board_is_drawn_by_the_rules(board):
    own, edges = board
    drawing = lanes.draw(DEPARTMENTS, own, edges)
    assert set(boxes(drawing)) == {card.key for card in own}
    assert_lawful(drawing, boxes(drawing), [(edge.before, edge.after) for edge in edges])


@settings(deadline=None)
@given(board=boards())
def test_lanes_are_as_high_as_their_fullest_cell_and_fill_the_board(board):
    drawing = lanes.draw(DEPARTMENTS, *board)
    for row in drawing.rows:
        assert row.height == SLOT * max(1, *map(len, row.cells))
        assert all(cell.card.lane == row.lane.key for cells in row.cells for cell in cells)
    assert HEAD + sum(row.height for row in drawing.rows) == drawing.height


@settings(deadline=None)
@given(board=boards())
def test_wires_lead_to_the_right_and_into_the_left_side(board):
    for wire in lanes.draw(DEPARTMENTS, *board).wires:
        places = [x for x, _ in wire.points]
        assert places == sorted(places)
        assert places[-2] < places[-1]


def test_cards_stand_in_the_column_of_their_step():
    edges = [Edge(0, 1, "freed"), Edge(1, 3, "waiting"), Edge(0, 2, "freed")]
    drawing = lanes.draw(DEPARTMENTS, cards("network", "unix", "unix", "dba"), edges)
    step = {cell.card.key: cell.step for row in drawing.rows for cells in row.cells for cell in cells}
    assert step == {0: 0, 1: 1, 2: 1, 3: 2}
    assert drawing.steps == (1, 2, 3)
    assert [row.height // SLOT for row in drawing.rows] == [1, 2, 1, 1]


def test_what_is_held_is_drawn_above_all_else():
    edges = [Edge(0, 2, "held"), Edge(0, 1, "freed"), Edge(1, 2, "waiting")]
    drawing = lanes.draw(DEPARTMENTS, cards("network", "unix", "dba"), edges)
    assert [wire.kind for wire in drawing.wires] == ["", "ok", "bad"]
    assert drawing.states == {"held": 1, "freed": 1, "waiting": 1}


def test_an_empty_board_still_has_its_lanes():
    drawing = lanes.draw(DEPARTMENTS, cards(), [])
    assert len(drawing.rows) == 4
    assert drawing.steps == ()


def test_a_circle_has_no_steps():
    with pytest.raises(Circle):
        lanes.draw(DEPARTMENTS, cards("unix", "dba"), [Edge(0, 1, "waiting"), Edge(1, 0, "waiting")])
