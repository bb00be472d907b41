"""The drawn chain: no two boxes overlap, no wire runs through a box, every edge is drawn once, quickly."""

import random
import time
from itertools import combinations, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projects.drawing import flow
from projects.drawing.flow import Edge, Node


def nodes(count):
    return [Node(key=key, number=key + 1, title=f"Task {key}", department="Unix", hours=4) for key in range(count)]


def drawn(count, pairs):
    return flow.draw(nodes(count), [Edge(*pair) for pair in pairs])


@st.composite
def graphs(draw):
    """Any edges, circles and self-loops too."""
    count = draw(st.integers(1, 14))
    keys = st.integers(0, count - 1)
    return count, draw(st.lists(st.tuples(keys, keys), max_size=30))


def crosses(start, end, box) -> bool:
    """A stretch along an axis goes through the inside of a box."""
    (x1, x2), (y1, y2) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return x1 < box.x + box.width and x2 > box.x and y1 < box.y + box.height and y2 > box.y


def on_edge(point, box) -> bool:
    x, y = point
    inside = box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height
    return inside and (x in (box.x, box.x + box.width) or y in (box.y, box.y + box.height))


def assert_lawful(drawing, pairs):
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) > one.width or abs(one.y - other.y) > one.height
    boxes = {box.node.key: box for box in drawing.boxes}
    assert sorted((wire.before, wire.after) for wire in drawing.wires) == sorted(set(pairs))
    for wire in drawing.wires:
        assert on_edge(wire.points[0], boxes[wire.before])
        assert on_edge(wire.points[-1], boxes[wire.after])
        for start, end in pairwise(wire.points):
            assert (start[0] == end[0]) != (start[1] == end[1])
            assert not any(crosses(start, end, box) for box in drawing.boxes)
        for x, y in wire.points:
            assert 0 <= x <= drawing.width
            assert 0 <= y <= drawing.height
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.y >= 0
        assert box.y + box.height <= drawing.height


@settings(deadline=None)
@given(graph=graphs())
@example(graph=(1, [(0, 0)]))
@example(graph=(3, [(0, 1), (1, 2), (2, 0), (0, 2), (2, 1)]))
def test_any_graph_is_drawn_by_the_rules(graph):
    count, pairs = graph
    assert_lawful(drawn(count, pairs), pairs)


@settings(deadline=None, max_examples=30)
@given(graph=graphs())
def test_the_same_chain_is_drawn_the_same_way(graph):
    assert drawn(*graph) == drawn(*graph)


def test_boxes_stand_below_all_that_they_wait_for():
    drawing = drawn(5, [(0, 1), (1, 2), (0, 3), (3, 4), (4, 2)])
    y = {box.node.key: box.y for box in drawing.boxes}
    assert y[0] < y[1] == y[3] < y[4] < y[2]
    assert drawing.steps == 4


def test_what_closes_a_circle_goes_round_by_the_side():
    drawing = drawn(3, [(0, 1), (1, 2), (2, 0)])
    back = next(wire for wire in drawing.wires if wire.before == 2)
    assert max(x for x, _ in back.points) > max(box.x + box.width for box in drawing.boxes)
    assert back.points[-1][0] < back.points[-2][0]  # into the side of the box


def test_a_chain_runs_straight_down():
    assert all(len(wire.points) == 2 for wire in drawn(5, pairwise(range(5))).wires)


def test_nothing_is_a_drawing_too():
    assert drawn(0, []).boxes == ()


def test_the_look_follows_the_marks():
    edges = [Edge(0, 1, is_wrong=True), Edge(0, 2), Edge(1, 2, is_critical=True)]
    assert [wire.kind for wire in flow.draw(nodes(3), edges).wires] == ["dg", "dgc", "dgb"]


def web(count, edges, *, reach):
    chance = random.Random(5)
    return [
        (before, min(count - 1, before + chance.randint(1, reach)))
        for before in (chance.randrange(count - 1) for _ in range(edges))
    ]


@pytest.mark.parametrize(("count", "edges", "reach"), [(100, 200, 12), (100, 400, 100), (600, 1200, 600)])
def test_large_chains_keep_the_rules(count, edges, reach):
    pairs = web(count, edges, reach=reach)
    assert_lawful(drawn(count, pairs), pairs)


def test_a_hundred_tasks_are_drawn_at_once():
    """50 ms on a quiet machine; three times that for a busy one."""
    pairs = web(100, 200, reach=12)

    def measured():
        start = time.process_time()
        drawn(100, pairs)
        return time.process_time() - start

    assert min(measured() for _ in range(3)) < 0.15
