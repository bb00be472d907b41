"""The report as others read it: JSON for programs, CSV for spreadsheets, a table for a terminal."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from kernel.templatetags.ui import duration
from quality.queries import Figures, Group, QualityReport
from quality.statistics import Summary

TIMES = ("mean", "median", "p90", "max")
KINDS = ("response", "resolution")
COUNTS = ("met", "missed", "running")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(report: QualityReport) -> dict[str, Any]:
    """Durations in whole seconds, halves rounded up; null where nothing was measured."""
    return {"groups": [{"key": group.key, **_group(group)} for group in report.groups], "total": _group(report.total)}


def _group(group: Group) -> dict[str, Any]:
    return {
        "incidents": group.incidents,
        "response": _figures(group.response),
        "resolution": _figures(group.resolution),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        **{name: getattr(figures, name) for name in COUNTS},
        "business_s": _times(figures.business),
        "wall_s": _times(figures.wall),
    }


def _times(summary: Summary) -> dict[str, int | None]:
    return {name: _whole(getattr(summary, name)) for name in TIMES}


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else math.floor(seconds + 0.5)


def as_csv(report: QualityReport) -> str:
    """A line per group with the keys and all figures, in seconds; the last line is the total, with empty keys.

    A cell that a spreadsheet would take for a formula is written as text.
    """
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    measures = [*COUNTS, *(f"{time}_{name}" for time in ("business_s", "wall_s") for name in TIMES)]
    out.writerow([*report.group_by, "incidents", *(f"{kind}_{name}" for kind in KINDS for name in measures)])
    for group in [*report.groups, report.total]:
        figures = _group(group)
        cells = [figures["incidents"]]
        for kind in KINDS:
            of_kind = figures[kind]
            cells += [of_kind[name] for name in COUNTS]
            cells += [of_kind[time][name] for time in ("business_s", "wall_s") for name in TIMES]
        out.writerow([*(_as_text(group.key.get(key, "")) for key in report.group_by), *cells])
    return text.getvalue()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell


def as_table(report: QualityReport) -> str:
    """Two lines per group, one a clock; times as people say them."""
    counts = (_("incidents"), _("met"), _("missed"), _("running"), _("in time"), _("interval (95 %)"))
    times = (_("mean"), _("median"), _("p90"), _("max"))
    measures = [f"{time} {name}" for time in (_("business"), _("wall")) for name in times]
    rows = [[*report.group_by, _("clock"), *counts, *measures]]
    for group in [*report.groups, report.total]:
        keys = [group.key.get(key, "") for key in report.group_by]
        if not group.key and keys:
            keys[0] = _("total")
        for name, figures in ((_("response"), group.response), (_("resolution"), group.resolution)):
            rows.append([*keys, name, str(group.incidents), *_cells(figures)])
    return _aligned(rows, words=len(report.group_by) + 1)


def _cells(figures: Figures) -> list[str]:
    interval = figures.interval
    return [
        *(str(getattr(figures, name)) for name in COUNTS),
        "–" if figures.share is None else f"{figures.share:.1%}",
        "–" if interval is None else f"{interval[0]:.1%}–{interval[1]:.1%}",
        *(duration(_whole(getattr(summary, name))) for summary in (figures.business, figures.wall) for name in TIMES),
    ]


def _aligned(rows: Sequence[Sequence[str]], *, words: int) -> str:
    """Columns of equal width; the first `words` of them are text, the others numbers, set to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
