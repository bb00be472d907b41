"""Tracks of a channel: nothing on one track touches, and who comes in where another leaves turns off before it."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from projects.drawing.channel import Run, rounded, tracks, without_detours

APART = 5


@st.composite
def channels(draw):
    ends = st.lists(st.integers(0, 40).map(lambda place: place * APART), unique=True, min_size=1, max_size=12)
    nears, fars = draw(ends), draw(ends)
    return [Run(net, near, far) for net, (near, far) in enumerate(zip(nears, fars, strict=False))]


@given(runs=channels())
def test_two_wires_on_one_track_do_not_touch(runs):
    found = tracks(runs, apart=APART)
    assert set(found) == {run.net for run in runs if run.near != run.far}
    bent = [run for run in runs if run.net in found]
    for one, other in combinations(bent, 2):
        if found[one.net] == found[other.net]:
            (_, low), (high, _) = sorted(sorted((run.near, run.far)) for run in (one, other))
            assert high - low >= APART


def test_who_comes_in_where_another_leaves_turns_off_first():
    assert tracks([Run("b", 0, 40), Run("a", 40, 80)], apart=APART) == {"a": 0, "b": 1}
    assert tracks([Run("a", 40, 80), Run("b", 80, 120)], apart=APART) == {"a": 1, "b": 0}


def test_wires_that_each_come_in_where_the_other_leaves_are_still_given_two_tracks():
    assert sorted(tracks([Run("a", 0, 40), Run("b", 40, 0)], apart=APART).values()) == [0, 1]


def test_wires_of_one_net_share_a_track():
    assert tracks([Run("a", 0, 40), Run("a", 0, 80)], apart=APART) == {"a": 0}


def test_a_way_keeps_only_its_corners():
    assert without_detours([(0, 0), (0, 5), (0, 5), (0, 9), (7, 9), (7, 9)]) == ((0, 0), (0, 9), (7, 9))


def test_corners_are_rounded_as_far_as_there_is_room():
    assert rounded([(0, 0), (0, 20), (30, 20)]) == "M0 0L0 16q0 4 4 4L30 20"
    assert rounded([(0, 0), (0, 20), (3, 20), (3, 40)]) == "M0 0L0 19q0 1 1 1L2 20q1 0 1 1L3 40"
