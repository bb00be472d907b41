"""The demo's files."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).resolve().parent.parent / "content"
SAMPLE = Path(__file__).resolve().parent.parent / "data" / "servicenow_sample.csv.gz"


@cache
def load(name: str) -> dict[str, Any]:
    """One content file by name, without its ending."""
    found: dict[str, Any] = yaml.safe_load((CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))
    return found
