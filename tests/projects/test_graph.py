"""Graphs of dependencies: an order exists or a circle is named, on every small graph and on long chains."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.planning.graph import Circle, closing, descendants, find_cycle, in_order, neighbours, path, steps

NODES = range(8)
LONG = 10_000

edge_lists = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=20)


def goes_round(keys, edges) -> bool:
    return all(edge in edges for edge in pairwise([*keys, keys[0]]))


@given(edges=edge_lists)
def test_there_is_a_circle_or_an_order_and_never_both(edges):
    circle = find_cycle(edges)
    if circle is None:
        order = in_order(NODES, edges)
        assert sorted(order) == list(NODES)
        assert all(order.index(before) < order.index(then) for before, then in edges)
    else:
        assert len(set(circle)) == len(circle)
        assert goes_round(circle, edges)
        with pytest.raises(Circle) as caught:
            in_order(NODES, edges)
        assert goes_round(caught.value.keys, edges)


@given(edges=edge_lists)
def test_without_the_closing_edges_there_is_an_order_and_each_of_them_closes_a_circle(edges):
    closed = closing(NODES, edges)
    rest = [edge for edge in edges if edge not in closed]
    assert find_cycle(rest) is None
    assert all(path(neighbours(rest), then, before) for before, then in closed)


def test_the_edge_that_closes_is_the_one_that_leads_back_to_an_earlier_row():
    edges = [(1, 2), (1, 4), (2, 5), (4, 5), (9, 5), (5, 6), (6, 9)]
    assert closing([1, 2, 4, 5, 6, 9], edges) == {(9, 5)}
    assert find_cycle(edges) == [5, 6, 9]


@given(edges=edge_lists)
def test_steps_grow_along_every_edge_and_are_no_higher_than_they_must(edges):
    edges = [edge for edge in edges if edge not in closing(NODES, edges)]
    step = steps(NODES, edges)
    for node in NODES:
        assert step[node] == max((step[before] + 1 for before, then in edges if then == node), default=0)


@given(edges=edge_lists, start=st.sampled_from(NODES), goal=st.sampled_from(NODES))
def test_a_path_leads_along_edges_and_is_there_exactly_for_what_waits(edges, start, goal):
    after = neighbours(edges)
    way = path(after, start, goal)
    if way is None:
        assert goal not in descendants(start, after)
    else:
        assert (way[0], way[-1]) == (start, goal)
        assert all(edge in edges for edge in pairwise(way))
        assert start == goal or goal in descendants(start, lambda key: after.get(key, ()))


def test_a_path_takes_the_shortest_way():
    assert path({1: [2, 3], 2: [4], 3: [5], 4: [6], 5: [4, 6]}, 1, 6) == [1, 2, 4, 6]


def test_what_needs_itself_is_a_circle_of_one():
    assert find_cycle([("a", "b"), ("b", "b")]) == ["b"]
    assert path({}, "b", "b") == ["b"]


def test_an_edge_to_a_key_that_is_not_there_is_an_error_not_a_circle():
    for edge in [(1, 2), (2, 1)]:
        with pytest.raises(KeyError):
            in_order([1], [edge])


def test_a_chain_of_ten_thousand_is_walked_without_recursion():
    chain = list(pairwise(range(LONG)))
    assert find_cycle(chain) is None
    assert steps(range(LONG), reversed(chain))[LONG - 1] == LONG - 1
    assert find_cycle([*chain, (LONG - 1, 0)]) == list(range(LONG))
    assert path(neighbours(chain), 0, LONG - 1) == list(range(LONG))
    assert len(descendants(0, neighbours(chain))) == LONG - 1
