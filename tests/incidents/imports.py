"""Files to import, and the command as one calls it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from accounts.models import Client
from alerts.models import Alert, Delivery
from incidents.models import Hop, Incident, IncidentEvent
from kernel.models import OutboxEvent
from sla.models import Clock

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "servicenow" / "sample.csv.gz"
LOG_COLUMNS = (
    *("number", "incident_state", "sys_mod_count", "sys_updated_at", "opened_at", "priority", "assignment_group"),
    *("category", "subcategory"),
)
LOG_HEADER = ",".join(LOG_COLUMNS)
TABLES = (Incident, IncidentEvent, Hop, Clock, Alert, Delivery, OutboxEvent)


@dataclass
class Result:
    """What the command said; `rejected` is (line, reason) of each refused line where a rejects file was asked for."""

    code: int
    said: str
    errors: str
    message: str = ""
    rejected: list[tuple[int, str]] = field(default_factory=list)

    def count(self, what: str) -> int:
        return int(self.said.partition(f"{what}: ")[2].split("\n", 1)[0])

    @property
    def counts(self) -> dict[str, int]:
        """Those that are not zero."""
        names = ("read", "created", "updated", "unchanged", "rejected")
        return {name: self.count(name) for name in names if self.count(name)}


def import_file(
    file: Path | str, *options: str, client: Client, format: str = "servicenow", rejects: Path | None = None
) -> Result:
    said, errors = StringIO(), StringIO()
    arguments = [str(file), "--format", format, "--client", client.slug, *options]
    if rejects is not None:
        arguments += ["--rejects", str(rejects)]
    code: Any = 0
    message = ""
    try:
        call_command("import_incidents", *arguments, stdout=said, stderr=errors)
    except SystemExit as stopped:
        code = stopped.code
    except CommandError as error:
        code, message = error.returncode, str(error)
    result = Result(code, said.getvalue(), errors.getvalue(), message)
    if rejects is not None and rejects.exists():
        with rejects.open(encoding="utf-8", newline="") as lines:
            result.rejected = [(int(line["line"]), line["reason"]) for line in csv.DictReader(lines)]
    return result


def log_row(number: str, state: str, count: int, at: str, **cells: str) -> str:
    """A row of a log, of an incident opened on 1 March 2016 at 08:00, P2, by a group that nobody knows."""
    values = {
        **{"number": number, "incident_state": state, "sys_mod_count": str(count), "sys_updated_at": at},
        **{"opened_at": "1/3/2016 08:00", "priority": "2 - High", "assignment_group": "?"},
        **{"category": "Category 5", "subcategory": "Subcategory 7"},
        **cells,
    }
    return ",".join(values[name] for name in LOG_COLUMNS)


def a_log(path: Path, rows: Iterable[str], *, header: str = LOG_HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def everything_stored() -> dict[str, list[tuple[Any, ...]]]:
    """All that an import may write: any change of any column shows."""
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in TABLES}
