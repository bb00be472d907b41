"""Percentiles, shares and their intervals, against numpy and against published figures."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.statistics import NOTHING, share, summaries, summary, wilson

durations = st.lists(st.integers(0, 10**8), min_size=1, max_size=60)


def by_hand(values, percent):
    """Type 7 written out: the value at rank (n - 1) * p, between neighbours in proportion."""
    ordered = sorted(values)
    rank = (len(ordered) - 1) * percent / 100
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


@given(durations)
def test_the_summary_is_what_one_computes_by_hand(values):
    found = summary(np.array(values, float))
    assert found.mean == pytest.approx(sum(values) / len(values))
    assert found.median == pytest.approx(by_hand(values, 50))
    assert found.p90 == pytest.approx(by_hand(values, 90))
    assert found.p95 == pytest.approx(by_hand(values, 95))
    assert found.max == max(values)


@given(durations)
def test_percentiles_are_those_of_numpy(values):
    found = summary(np.array(values, float))
    assert [found.median, found.p90, found.p95] == pytest.approx(np.percentile(values, [50, 90, 95]).tolist())


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 5)), max_size=60))
def test_groups_are_summed_up_each_for_itself(rows):
    values = np.array([value for value, _group in rows], float)
    groups = np.array([group for _value, group in rows], int)
    found = summaries(values, groups, count=6)
    for number in range(6):
        alone = summary(values[groups == number])
        assert astuple(found[number]) == pytest.approx(astuple(alone))


def test_the_90th_percentile_of_one_to_ten_is_nine_and_a_tenth():
    assert summary(np.arange(1.0, 11.0)).p90 == pytest.approx(9.1)


def test_nothing_measured_is_nothing_said():
    nothing = np.array([], float)
    assert summary(nothing) == NOTHING
    assert share(0, 0) is None
    assert wilson(0, 0) is None


def test_the_share_counts_only_what_is_decided():
    assert share(19, 1) == 0.95


@pytest.mark.parametrize(
    ("met", "missed", "low", "high"),
    [(81, 182, 0.2553, 0.3662), (15, 133, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 28, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_newcombe_1998_table_1(met, missed, low, high):
    assert wilson(met, missed) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_interval_holds_the_share_and_stays_a_share(met, missed):
    interval = wilson(met, missed)
    if interval is not None:
        assert 0 <= interval[0] <= met / (met + missed) + 1e-12
        assert met / (met + missed) - 1e-12 <= interval[1] <= 1
