"""Graphs of dependencies, over any hashable keys; an edge (a, b) says that a comes before b. Pure.

Nothing recurses, so that a chain of 10,000 is walked like any other, and every answer follows the order in which nodes
and edges were given: the same question has the same answer, in a message as in a test.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

Edge = tuple[K, K]
Successors = Mapping[K, Iterable[K]] | Callable[[K], Iterable[K]]


class Circle(ValueError):
    """The edges have no order: `keys` go round, each before the next and the last before the first."""

    def __init__(self, keys: Sequence[Hashable]) -> None:
        super().__init__(" → ".join(map(str, [*keys, keys[0]])))
        self.keys = keys


def neighbours(edges: Iterable[Edge[K]]) -> dict[K, list[K]]:
    """The successors of every key that stands in an edge."""
    after: dict[K, list[K]] = {}
    for before, then in edges:
        after.setdefault(before, []).append(then)
        after.setdefault(then, [])
    return after


def find_cycle(edges: Iterable[Edge[K]]) -> list[K] | None:
    """The keys of one circle in order, or None if there is none."""
    after = neighbours(edges)
    return next((way[way.index(back) :] for way, back in _closings(after, after)), None)


def closing(nodes: Iterable[K], edges: Iterable[Edge[K]]) -> set[Edge[K]]:
    """The edges that close circles: what is left has an order. Nodes that are given first tend to come first in it."""
    edges = list(edges)
    heads = {then for before, then in edges if before != then}
    nodes = list(nodes)
    roots = [node for node in nodes if node not in heads] + [node for node in nodes if node in heads]
    return {(way[-1], back) for way, back in _closings(neighbours(edges), roots)}


def _closings(after: Mapping[K, Iterable[K]], roots: Iterable[K]) -> Iterator[tuple[list[K], K]]:
    """Depth first from the roots: each way that leads back to a key on it, with that key. The way is only lent."""
    done: set[K] = set()
    for root in roots:
        if root in done:
            continue
        way, on_way = [root], {root}
        ahead = [iter(after.get(root, ()))]
        while way:
            for then in ahead[-1]:
                if then in on_way:
                    yield way, then
                elif then not in done:
                    way.append(then)
                    on_way.add(then)
                    ahead.append(iter(after.get(then, ())))
                    break
            else:
                done.add(way[-1])
                on_way.remove(way.pop())
                ahead.pop()


def path(successors: Successors[K], start: K, goal: K) -> list[K] | None:
    """The shortest way from start to goal, or None. An edge goal -> start would close it to a circle."""
    read = _reader(successors)
    came_from: dict[K, K] = {}
    ahead, seen = deque([start]), {start}
    while ahead:
        key = ahead.popleft()
        if key == goal:
            way = [key]
            while way[-1] != start:
                way.append(came_from[way[-1]])
            return way[::-1]
        for then in read(key):
            if then not in seen:
                seen.add(then)
                came_from[then] = key
                ahead.append(then)
    return None


def descendants(node: K, successors: Successors[K]) -> set[K]:
    """All that waits for the node, directly or through others."""
    read = _reader(successors)
    found: set[K] = set()
    ahead = [node]
    while ahead:
        new = [then for then in read(ahead.pop()) if then not in found]
        found.update(new)
        ahead.extend(new)
    return found


def in_order(nodes: Iterable[K], edges: Iterable[Edge[K]]) -> list[K]:
    """The nodes, each after all that come before it, otherwise as given.

    Raises `Circle`, and KeyError for an edge with an end that is not among the nodes.
    """
    edges = list(edges)
    after = neighbours(edges)
    waits_for = dict.fromkeys(nodes, 0)
    for before, then in edges:
        if before not in waits_for:
            raise KeyError(before)
        waits_for[then] += 1
    ready = deque(node for node, count in waits_for.items() if not count)
    order = []
    while ready:
        order.append(ready.popleft())
        for then in after.get(order[-1], ()):
            waits_for[then] -= 1
            if not waits_for[then]:
                ready.append(then)
    if len(order) < len(waits_for):
        raise Circle(find_cycle(edges) or ())
    return order


def steps(nodes: Iterable[K], edges: Iterable[Edge[K]]) -> dict[K, int]:
    """How many edges the longest way from a source to each node has: its column on a board. Raises `Circle`."""
    edges = list(edges)
    after = neighbours(edges)
    step: dict[K, int] = {}
    for node in in_order(nodes, edges):
        mine = step.setdefault(node, 0)
        for then in after.get(node, ()):
            step[then] = max(step.get(then, 0), mine + 1)
    return step


def _reader(successors: Successors[K]) -> Callable[[K], Iterable[K]]:
    if isinstance(successors, Mapping):
        return lambda key: successors.get(key, ())
    return successors
