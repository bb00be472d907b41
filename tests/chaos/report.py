"""Writes the tables at the end of docs/reliability.md from the results of `make chaos`: `python tests/chaos/report.py`.

Where a case has a short and a long version, the long one is told.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
REPORT = ROOT / "docs" / "reliability.md"
BELOW = "## What was broken, and what happened\n"
# What needs no process or server to be broken is tested among its room's own tests.
ELSEWHERE = [
    (
        "F33",
        "the clocks are changed in spring and autumn, leap days, the end of a year, in several zones",
        "due times equal a walk over every minute",
        "tests/sla/test_businesstime_laws.py",
        "test_a_walk_over_every_minute_comes_to_the_same",
    ),
    (
        "F39",
        "a chat service answers 500, 429 with any Retry-After, a redirect, 410, a giant body",
        "tried again; waited for as asked, an hour at most; not followed; switched off and its owner told; not read on",
        "tests/alerts/test_chat.py",
        "test_a_service_is_left_alone_as_long_as_it_asks_but_for_an_hour_at_most",
    ),
    (
        "F40",
        "the name of a chat service cannot be resolved",
        "tried again; others go on",
        "tests/alerts/test_chat.py",
        "test_a_name_that_is_not_known_is_tried_again",
    ),
    (
        "F41",
        "the certificate of a chat service cannot be trusted",
        "tried again, the operators hear of it, never sent without the check",
        "tests/alerts/test_chat.py",
        "test_a_server_that_cannot_prove_who_it_is_is_tried_again_and_the_operators_hear_of_it",
    ),
    (
        "F42",
        "a TAM leaves between breach and mail",
        "the next in line is told, and the log says why",
        "tests/alerts/test_deliver.py",
        "test_a_tam_who_left_between_breach_and_mail_is_passed_over",
    ),
    (
        "F43",
        "nobody in the chain can be reached",
        "the duty mailbox gets it",
        "tests/alerts/test_sweep.py",
        "test_when_nobody_can_be_reached_the_duty_mailbox_gets_it",
    ),
    (
        "F46",
        "an answer in time becomes known after the alert went out",
        "the alert is withdrawn once, who was told is told",
        "tests/alerts/test_reconcile.py",
        "test_a_response_in_time_that_becomes_known_late_withdraws_the_alert",
    ),
    (
        "F48",
        "an incident is reopened after its breach",
        "as the policy says: the clock goes on, or a new one starts and the old one stays as it is",
        "tests/incidents/test_operations.py",
        "test_reopening_under_the_policy_new_cycle_starts_a_second_clock_and_keeps_the_first",
    ),
    (
        "F54",
        "two people add the dependencies that close a circle together, 200 pairs in step",
        "never both: one is refused with 409, each time",
        "tests/api/test_work_at_once.py",
        "test_of_two_dependencies_that_would_close_a_circle_one_is_refused_each_of_200_times",
    ),
    (
        "F54",
        "four people close a ring of four tasks at once",
        "three dependencies stand, the fourth is refused",
        "tests/projects/test_at_once.py",
        "test_two_people_never_close_a_circle_together",
    ),
    (
        "F55",
        "several people save the same version at once",
        "one wins, the others are told (412)",
        "tests/api/test_concurrency.py",
        "test_of_editors_who_read_the_same_version_one_wins",
    ),
    (
        "F56",
        "several acknowledge at once",
        "it happens once, all get the same answer",
        "tests/api/test_concurrency.py",
        "test_all_acknowledge_at_once_and_it_happens_once",
    ),
    (
        "F59",
        "a hook after a commit fails",
        "the request does not: every hook is registered so",
        "tests/kernel/test_on_commit.py",
        "test_every_hook_after_a_commit_is_robust",
    ),
]


def results() -> list[dict[str, Any]]:
    folder = Path(os.environ.get("TAMHUB_DATA") or ROOT / "var")
    found = []
    for database in ("SQLite", "PostgreSQL"):
        file = folder / f"chaos-{database.lower()}.json"
        found += [row | {"database": database} for row in json.loads(file.read_text())] if file.exists() else []
    return found


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| case | what was broken | what held | measured |", "|---|---|---|---|"]
    for number in sorted({row["number"] for row in rows}, key=lambda number: int(number[1:])):
        mine = [row for row in rows if row["number"] == number]
        # One test may stand for a fault on each database; of its versions the last is the longest.
        told = {(row["database"], row["test"].partition("[")[0]): row for row in mine}
        figures = "<br>".join(f"{database}: {_figures(row)}" for (database, _test), row in told.items())
        lines.append(f"| {number} | {mine[0]['what']} | {mine[0]['holds']} | {figures} |")
    return "\n".join(lines)


def _figures(row: dict[str, Any]) -> str:
    held = "" if row["outcome"] == "passed" else "**did not hold** "
    return held + (", ".join(f"{name} {value}" for name, value in row["figures"].items()) or "held")


def elsewhere() -> str:
    lines = ["| case | what happens | what holds | test |", "|---|---|---|---|"]
    for number, what, holds, path, test in ELSEWHERE:
        if f"def {test}(" not in (ROOT / path).read_text():
            sys.exit(f"{path} has no {test}: bring tests/chaos/report.py in step")
        lines.append(f"| {number} | {what} | {holds} | `{path}` |")
    return "\n".join(lines)


def main() -> None:
    rows = results()
    if not rows:
        sys.exit("There are no results: run `make chaos` first.")
    kept = REPORT.read_text().partition(BELOW)[0]
    counted = (
        f"{len({row['number'] for row in rows})} faults in {len(rows)} runs of {len({r['test'] for r in rows})} cases"
    )
    failed = sum(row["outcome"] != "passed" for row in rows)
    parts = [
        BELOW,
        f"{counted}; {failed or 'none'} failed. `s` are seconds.\n",
        table(rows),
        "\nTested among the rooms' own tests, for they need nothing broken:\n",
        elsewhere(),
    ]
    REPORT.write_text(kept + "\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
