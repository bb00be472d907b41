"""Laws of slack and of the critical path, with every way through small plans to compare with."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.planning.cpm import Link, Piece, analyse
from projects.planning.graph import Circle

KINDS = ("FS", "SS", "FF", "SF")


@st.composite
def plans(draw, kinds=KINDS, least_lag=-8):
    count = draw(st.integers(1, 7))
    pieces = [Piece(key, draw(st.integers(0, 20)) / 2) for key in range(count)]
    pairs = [(before, after) for after in range(count) for before in range(after)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=12)) if pairs else []
    return pieces, [
        Link(before, after, draw(st.sampled_from(kinds)), draw(st.integers(least_lag, 8)) / 2)
        for before, after in chosen
    ]


def lengthened(pieces, key, by):
    return [replace(piece, hours=piece.hours + by) if piece.key == key else piece for piece in pieces]


def delayed(plan, key, by):
    """The plan with something that holds the start of `key` until `by`."""
    pieces, links = plan
    return [*pieces, Piece("wait", by)], [*links, Link("wait", key)]


def ways(pieces, links):
    """How long each way through a plan of plain finish-to-start links takes."""
    hours = {piece.key: piece.hours for piece in pieces}

    def onward(key):
        yield hours[key]
        for link in links:
            if link.before == key:
                for rest in onward(link.after):
                    yield hours[key] + link.lag_h + rest

    for piece in pieces:
        yield from onward(piece.key)


def test_a_small_plan_as_by_hand():
    """A (3) before B (4) and C (2), both before D (5): C has two hours to spare."""
    pieces = [Piece("A", 3), Piece("B", 4), Piece("C", 2), Piece("D", 5)]
    links = [Link("A", "B"), Link("A", "C"), Link("B", "D"), Link("C", "D")]
    result = analyse(pieces, links)
    assert (result.finish_h, result.path) == (12, ("A", "B", "D"))
    c = result.pieces["C"]
    assert (c.early_start, c.early_finish, c.late_start, c.late_finish) == (3, 5, 5, 7)
    assert (c.total_slack, c.free_slack, c.is_critical) == (2, 2, False)
    assert [key for key, times in result.pieces.items() if times.is_critical] == ["A", "B", "D"]


@pytest.mark.parametrize(
    ("kind", "lag", "start"),
    [("FS", 0, 10), ("FS", 2, 12), ("FS", -4, 6), ("SS", 3, 3), ("FF", 0, 6), ("FF", 1, 7), ("SF", 9, 5), ("SF", 2, 0)],
)
def test_each_kind_of_link_holds_the_right_end(kind, lag, start):
    result = analyse([Piece("A", 10), Piece("B", 4)], [Link("A", "B", kind, lag)])
    assert result.pieces["B"].early_start == start


def test_a_promise_measures_slack_and_changes_nobodys_rank():
    for promise, slack in [(15, 5), (8, -2)]:
        result = analyse([Piece("A", 10), Piece("B", 4)], [], finish_by_h=promise)
        assert (result.pieces["A"].total_slack, result.pieces["A"].late_finish) == (slack, promise)
        assert [times.is_critical for times in result.pieces.values()] == [True, False]


def test_what_is_finished_takes_no_time_and_stays_on_the_path():
    result = analyse([Piece("A", 0), Piece("B", 4)], [Link("A", "B")])
    assert result.path == ("A", "B")
    assert analyse([], []).finish_h == 0


def test_a_circle_has_no_critical_path():
    with pytest.raises(Circle) as caught:
        analyse([Piece("A", 1), Piece("B", 1)], [Link("A", "B"), Link("B", "A")])
    assert caught.value.keys == ["A", "B"]


def test_a_chain_of_ten_thousand_is_analysed():
    pieces = [Piece(key, 1) for key in range(10_000)]
    result = analyse(pieces, [Link(*pair) for pair in pairwise(range(10_000))])
    assert result.finish_h == len(result.path) == 10_000


@given(plan=plans())
def test_no_link_is_broken_by_the_early_times_nor_by_the_late_ones(plan):
    pieces, links = plan
    times = analyse(*plan).pieces
    for link in links:
        before, after = times[link.before], times[link.after]
        for when in ("early", "late"):
            held = getattr(after, f"{when}_{'start' if link.kind[1] == 'S' else 'finish'}")
            holds = getattr(before, f"{when}_{'start' if link.kind[0] == 'S' else 'finish'}")
            assert held >= holds + link.lag_h
    for piece in pieces:
        assert times[piece.key].early_finish == times[piece.key].early_start + piece.hours
        assert times[piece.key].late_finish == times[piece.key].late_start + piece.hours


@given(plan=plans(kinds=("FS",), least_lag=0))
def test_the_end_is_the_longest_of_all_ways(plan):
    assert analyse(*plan).finish_h == max(ways(*plan))


@given(plan=plans())
def test_the_path_is_critical_leads_along_links_and_ends_at_the_end(plan):
    result = analyse(*plan)
    assert all(result.pieces[key].is_critical for key in result.path)
    assert result.pieces[result.path[0]].early_start == 0
    assert result.pieces[result.path[-1]].early_finish == result.finish_h
    assert set(pairwise(result.path)) <= {(link.before, link.after) for link in plan[1]}


@given(plan=plans(kinds=("FS",)), more=st.integers(1, 20))
def test_a_critical_piece_that_takes_longer_delays_the_end_by_as_much(plan, more):
    pieces, links = plan
    result = analyse(*plan)
    for key, times in result.pieces.items():
        if times.is_critical:
            assert analyse(lengthened(pieces, key, more), links).finish_h == result.finish_h + more


@given(plan=plans())
def test_total_slack_used_up_does_not_move_the_end_and_more_does(plan):
    result = analyse(*plan)
    for key, times in result.pieces.items():
        used_up = analyse(*delayed(plan, key, times.late_start))
        assert used_up.finish_h == result.finish_h
        assert used_up.pieces[key].is_critical
        assert analyse(*delayed(plan, key, times.late_start + 1)).finish_h == result.finish_h + 1


@given(plan=plans())
def test_free_slack_used_up_moves_no_other_piece(plan):
    result = analyse(*plan)
    for key, times in result.pieces.items():
        assert 0 <= times.free_slack <= times.total_slack
        used_up = analyse(*delayed(plan, key, times.early_start + times.free_slack))
        for other in result.pieces.keys() - {key}:
            assert used_up.pieces[other].early_start == result.pieces[other].early_start
