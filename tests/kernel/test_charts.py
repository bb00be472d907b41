"""Geometry of bars and charts: plain values in, coordinates out."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import charts
from kernel.bars import Bar, Segment, Stretch, progress_bar

amounts = st.floats(min_value=0, max_value=1e6, allow_nan=False)


def text(value: float) -> str:
    return f"{value:g}"


# --- bars -------------------------------------------------------------------------------------------------------
def test_a_running_clock_fills_what_is_used_and_leaves_the_rest():
    bar = progress_bar([Stretch(length=30)], target=120, label="30 of 120 min")
    assert bar == Bar(segments=(Segment(x=0, width=25, kind="run"),), label="30 of 120 min")


def test_a_pause_takes_room_but_nothing_of_the_target():
    stretches = [Stretch(length=30), Stretch(length=20, counts=False), Stretch(length=10)]
    bar = progress_bar(stretches, target=60, label="", kind="soon")
    assert bar.segments == (
        Segment(x=0, width=37.5, kind="soon"),
        Segment(x=37.5, width=25, kind="pause"),
        Segment(x=62.5, width=12.5, kind="soon"),
    )
    assert bar.mark is None


def test_what_runs_past_the_target_is_over_from_the_mark_on():
    bar = progress_bar(
        [Stretch(length=94), Stretch(length=36, counts=False), Stretch(length=154)], target=240, label=""
    )
    assert [segment.kind for segment in bar.segments] == ["run", "pause", "run", "over"]
    assert bar.mark == bar.segments[-1].x == 97.2
    assert bar.segments[-1].width == 2.8


def test_a_target_missed_by_one_second_is_still_seen():
    bar = progress_bar([Stretch(length=14401)], target=14400, label="")
    assert bar.segments[-1].kind == "over"
    assert bar.segments[-1].width >= 1.4


def test_a_clock_that_has_not_run_is_an_empty_bar():
    assert progress_bar([], target=60, label="").segments == ()
    assert progress_bar([Stretch(length=0)], target=60, label="").segments == ()


@given(
    st.lists(st.builds(Stretch, length=amounts, counts=st.booleans()), max_size=12),
    st.floats(min_value=1, max_value=1e6),
)
def test_the_parts_of_a_bar_follow_each_other_and_never_leave_it(stretches, target):
    bar = progress_bar(stretches, target=target, label="")
    for before, after in itertools.pairwise(bar.segments):
        assert after.x == pytest.approx(before.x + before.width, abs=0.11)
    if bar.segments:
        assert bar.segments[0].x == 0
        assert bar.segments[-1].x + bar.segments[-1].width <= 100.11


# --- ticks ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 8.9, [0, 2, 4, 6, 8, 10]),
        (0, 412, [0, 100, 200, 300, 400, 500]),
        (0.912, 0.978, [0.9, 0.92, 0.94, 0.96, 0.98]),
        (0, 0.003, [0, 0.001, 0.002, 0.003]),
        (-3, 4, [-4, -2, 0, 2, 4]),
        (5, 5, [5, 6, 7, 8, 9, 10]),
    ],
)
def test_ticks_are_round_numbers_around_the_values(low, high, ticks):
    assert charts.nice_ticks(low, high) == ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_evenly_apart_and_hold_the_values(low, span):
    ticks = charts.nice_ticks(low, low + span)
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    assert 2 <= len(ticks) <= 7
    assert max(steps) == pytest.approx(min(steps), rel=1e-3)
    assert ticks[0] <= low + span * 1e-3
    assert ticks[-1] >= low + span * (1 - 1e-3)


# --- lines ------------------------------------------------------------------------------------------------------
def months(*values: float | None, **options) -> charts.LineChart:
    labels = [f"M{number}" for number in range(len(values))]
    series = [charts.Series(name="Resolution", values=values)]
    return charts.line_chart(labels, series=series, show=text, summary="", head="Month", **options)


def test_a_line_goes_from_edge_to_edge_and_up_for_more():
    chart = months(0, 5, 10)
    assert chart.lines[0].path == f"M38 140L{(38 + chart.right) / 2:g} 75L{chart.right:g} 10"
    assert [tick.text for tick in chart.y_ticks] == ["0", "5", "10"]


def test_a_missing_month_breaks_the_line_and_a_lone_one_is_a_dot():
    path = months(1, 2, None, 3, None, 4, 5).lines[0].path
    assert path.count("M") == 3
    lone = path.split("M")[2]
    assert lone.split("L")[0] == lone.split("L")[1]


def test_shares_have_no_tick_above_the_whole():
    assert [tick.text for tick in months(0.93, 1.0, target=0.95, ceiling=1.0).y_ticks][-1] == "1"
    assert [tick.text for tick in months(1.0, 1.0, ceiling=1.0).y_ticks][-1] == "1"


def test_the_target_is_inside_even_when_all_values_are_better():
    chart = months(0.99, 0.98, target=0.95, ceiling=1.0)
    assert chart.target_y is not None
    assert chart.y_ticks[-1].at <= chart.target_y <= chart.y_ticks[0].at


def test_names_at_the_end_of_close_lines_do_not_touch():
    chart = charts.line_chart(
        ["a", "b"],
        series=[charts.Series(name="A", values=(1, 9.9)), charts.Series(name="B", values=(1, 10), kind="l2")],
        show=text, summary="", head="",
    )  # fmt: skip
    first, second = sorted(line.name_y for line in chart.lines)
    assert second - first >= charts.LINE_GAP


def test_many_weeks_show_some_labels_and_always_the_newest():
    chart = months(*range(53))
    assert len(chart.x_ticks) <= charts.MOST_LABELS
    assert chart.x_ticks[-1].text == "M52"


def test_the_table_says_what_the_line_draws():
    table = months(1, None).table
    assert table.head == ("Month", "Resolution")
    assert table.rows == (("M0", "1"), ("M1", charts.NO_VALUE))


@pytest.mark.parametrize("values", [(), (None, None), (4,), (7, 7)])
def test_a_chart_of_nothing_or_of_one_value_still_has_axes(values):
    assert len(months(*values).y_ticks) >= 2


# --- spreads, Pareto, sparks --------------------------------------------------------------------------------------
def spreads(*rows: tuple[str, float, float, float], target: float | None = 4) -> charts.SpreadChart:
    return charts.spread_chart(
        [charts.Spread(name=name, median=median, p90=p90, p95=p95) for name, median, p90, p95 in rows],
        show=text, summary="", head="Department", names=("half", "90%", "95%"), target=target, target_text="Target",
    )  # fmt: skip


def test_a_spread_stands_in_order_on_one_scale_and_says_when_it_is_over_the_target():
    chart = spreads(("Network", 0.7, 2.9, 5.6), ("Hyper-V", 0.6, 2.0, 3.3))
    network, hyper_v = chart.rows
    assert network.median < network.p90 < network.p95
    assert (network.is_over, hyper_v.is_over) == (True, False)
    assert chart.target is not None
    assert hyper_v.p95 < chart.target.at < network.p95
    assert [tick.text for tick in chart.x_ticks] == ["0", "2", "4", "6"]


def test_without_a_target_nothing_is_over_it():
    chart = spreads(("Network", 1, 2, 3), target=None)
    assert chart.target is None
    assert not chart.rows[0].is_over


def test_a_long_name_is_cut_in_the_drawing_and_whole_in_the_table():
    chart = spreads(("Backup, archive and recovery services", 1, 2, 3))
    assert chart.rows[0].name.endswith("…")
    assert chart.table.rows[0][0] == "Backup, archive and recovery services"


def test_the_few_that_make_most_are_marked():
    chart = charts.pareto_chart(
        [("Third party", 11), ("Handover", 9), ("Spare part", 6), ("Priority", 5), ("Client", 3), ("Other", 3)],
        show=text, show_share=lambda share: f"{share:.0%}", summary="", head=("Cause", "Breaches", "Together"),
    )  # fmt: skip
    assert [row.together for row in chart.rows] == ["30%", "54%", "70%", "84%", "92%", "100%"]
    assert [row.is_few for row in chart.rows] == [True, True, True, False, False, False]
    assert [row.name for row in chart.rows if row.is_last_of_few] == ["Spare part"]
    assert chart.rows[0].width > chart.rows[1].width > chart.rows[5].width > 0


def test_no_breach_makes_an_empty_pareto_and_no_error():
    chart = charts.pareto_chart([], show=text, show_share=text, summary="", head=("", "", ""))
    assert chart.rows == ()


def test_a_spark_ends_at_its_newest_known_value_and_an_even_one_is_flat():
    spark = charts.sparkline([1, 5, 3, None], label="")
    assert spark.end == (55, 12)
    flat = charts.sparkline([2, 2], label="")
    assert flat.path == "M3 12L81 12"
    assert charts.sparkline([], label="").end is None
