"""The simulation agrees with the critical path where nothing is uncertain, and moves the right way where much is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.planning.cpm import Link, Piece, analyse
from projects.planning.forecast import Range, forecast

hours = st.integers(0, 40).map(float)


@st.composite
def estimates(draw):
    count = draw(st.integers(1, 6))
    ranges = [Range(key, *sorted(draw(st.tuples(hours, hours, hours)))) for key in range(count)]
    pairs = [(before, after) for after in range(count) for before in range(after)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=8)) if pairs else []
    kinds = st.sampled_from(("FS", "SS", "FF", "SF"))
    return ranges, [Link(before, after, draw(kinds), draw(st.integers(-4, 4))) for before, after in chosen]


def ends(ranges, links, which):
    return analyse([Piece(piece.key, getattr(piece, which)) for piece in ranges], links).finish_h


@settings(deadline=None)
@given(plan=estimates(), seed=st.integers(0, 5))
def test_percentiles_are_ordered_and_repeatable(plan, seed):
    result = forecast(*plan, runs=200, seed=seed, promised_h=30)
    assert result.p50_h <= result.p80_h <= result.p95_h
    assert result == forecast(*plan, runs=200, seed=seed, promised_h=30)
    assert result.holds is not None
    assert 0 <= result.holds <= 1
    assert result.drives is None or result.drives in {piece.key for piece in plan[0]}


@settings(deadline=None)
@given(plan=estimates())
def test_without_ranges_every_percentile_is_the_critical_path(plan):
    ranges, links = plan
    sure = [Range(piece.key, piece.likely_h, piece.likely_h, piece.likely_h) for piece in ranges]
    end = ends(ranges, links, "likely_h")
    result = forecast(sure, links, runs=20, seed=1, promised_h=end)
    assert result.p50_h == result.p80_h == result.p95_h == pytest.approx(end)
    assert (result.holds, result.drives) == (1, None)


@settings(deadline=None)
@given(plan=estimates(), more=hours)
def test_a_larger_estimate_never_makes_it_earlier_where_pieces_follow_each_other(plan, more):
    ranges, links = plan
    links = [Link(link.before, link.after, "FS", link.lag_h) for link in links]
    first, *rest = ranges
    larger = [Range(first.key, first.low_h, first.likely_h, first.high_h + more), *rest]
    before, after = (forecast(pieces, links, runs=100, seed=3) for pieces in (ranges, larger))
    for which in ("p50_h", "p80_h", "p95_h"):
        assert getattr(after, which) >= getattr(before, which) - 1e-9
        assert ends(ranges, links, "low_h") - 1e-9 <= getattr(before, which) <= ends(ranges, links, "high_h") + 1e-9


def test_one_piece_has_the_quantiles_of_its_triangle():
    """0, 10, 10 has the distribution function (x/10)^2, so that a half of all is done by 7.07 hours."""
    result = forecast([Range("A", 0, 10, 10)], [], runs=20_000, seed=7, promised_h=5)
    assert result.p50_h == pytest.approx(7.07, abs=0.1)
    assert result.p80_h == pytest.approx(8.94, abs=0.1)
    assert result.holds == pytest.approx(0.25, abs=0.02)


def test_what_drives_the_end_is_wide_and_on_the_way_to_it():
    ranges = [
        Range("narrow", 9, 10, 11),
        Range("wide", 5, 10, 30),
        Range("wide but aside", 0, 1, 4),
        Range("end", 2, 2, 2),
    ]
    links = [Link("narrow", "wide"), Link("wide", "end"), Link("wide but aside", "end")]
    assert forecast(ranges, links, seed=1).drives == "wide"


def test_a_piece_given_last_leaves_the_luck_of_the_others():
    ranges = [Range("A", 1, 2, 9), Range("B", 1, 5, 6)]
    links = [Link("A", "B")]
    assert forecast(ranges, links, seed=1) == forecast([*ranges, Range("C", 0, 0, 0)], links, seed=1)


def test_what_is_no_range_is_refused():
    with pytest.raises(ValueError, match="Not a range"):
        Range("A", 3, 2, 4)
