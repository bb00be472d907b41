"""What must hold in every drawing of boxes and wires, and a board to look at."""

from itertools import pairwise
from typing import NamedTuple

from projects.drawing import lanes
from projects.drawing.lanes import Card, Edge, Lane


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int

    def is_crossed(self, start, end) -> bool:
        """A stretch along an axis goes through the inside."""
        (x1, x2), (y1, y2) = sorted((start[0], end[0])), sorted((start[1], end[1]))
        return x1 < self.x + self.width and x2 > self.x and y1 < self.y + self.height and y2 > self.y

    def has_on_edge(self, point) -> bool:
        x, y = point
        is_inside = self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height
        return is_inside and (x in (self.x, self.x + self.width) or y in (self.y, self.y + self.height))


def assert_lawful(drawing, boxes: dict, pairs) -> None:
    """Boxes lie in the drawing and apart; each pair has one wire, from edge to edge, along the axes, through no box."""
    for box in boxes.values():
        assert 0 <= box.x <= drawing.width - box.width
        assert 0 <= box.y <= drawing.height - box.height
    ordered = sorted(boxes.values())
    for index, one in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if other.x >= one.x + one.width:
                break
            assert abs(one.y - other.y) >= one.height
    assert sorted((wire.before, wire.after) for wire in drawing.wires) == sorted(set(pairs))
    for wire in drawing.wires:
        assert boxes[wire.before].has_on_edge(wire.points[0])
        assert boxes[wire.after].has_on_edge(wire.points[-1])
        for start, end in pairwise(wire.points):
            assert (start[0] == end[0]) != (start[1] == end[1])
            assert not any(box.is_crossed(start, end) for box in boxes.values())
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in wire.points)


def graz() -> lanes.Board[int]:
    """A board with all that a card can be, long names too."""
    departments = [
        Lane(1, "Network", "network", "Queue 10, busy", is_busy=True),
        Lane(2, "VMware Virtualization, Hyper-V Virtualization and what else has a long name", "layers", "Queue 3"),
        Lane(3, "Backup", "database-backup"),
    ]
    cards = [
        Card(key=1, lane=1, title="Site VPN", url="/tasks/1/", badge="done", owner="Priya Nair"),
        Card(key=2, lane=2, title="Landing cluster", url="/tasks/2/", badge="progress", says="In progress, 60%"),
        Card(key=3, lane=2, title="Pools " * 9, url="/tasks/3/", badge="blocked", says="Blocked 2 d", is_selected=True),
        Card(key=4, lane=3, title="Jobs", url="/tasks/4/", badge="waiting", says="Waiting for VMware Virtualization"),
    ]
    return lanes.draw(departments, cards, [Edge(1, 2, "freed"), Edge(1, 3, "freed"), Edge(3, 4, "held")])
