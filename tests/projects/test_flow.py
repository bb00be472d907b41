"""The drawn chain: no two boxes overlap, no wire runs through a box, every edge is drawn once, quickly."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projects.drawing import flow
from projects.drawing.flow import Edge, Node
from tests.projects.drawings import Box, assert_lawful


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


def assert_drawn_by_the_rules(count, pairs):
    drawing = drawn(count, pairs)
    assert_lawful(drawing, {box.node.key: Box(box.x, box.y, box.width, box.height) for box in drawing.boxes}, pairs)


@settings(deadline=None)
@given(graph=graphs())
@example(graph=(1, [(0, 0)]))
@example(graph=(3, [(0, 1), (1, 2), (2, 0), (0, 2), (2, 1)]))
def test_any_graph_is_drawn_by_the_rules(graph):
    assert_drawn_by_the_rules(*graph)


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
    assert_drawn_by_the_rules(count, web(count, edges, reach=reach))


def test_a_hundred_tasks_are_drawn_at_once():
    """50 ms on a quiet machine; three times that for a busy one."""
    pairs = web(100, 200, reach=12)

    def measured():
        start = time.process_time()
        drawn(100, pairs)
        return time.process_time() - start

    assert min(measured() for _ in range(3)) < 0.15
