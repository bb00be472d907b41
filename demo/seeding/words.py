"""Readable titles for the anonymised log. All of it is invented (the rule stands in
`content/servicenow_groups.yaml`)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from demo.seeding.content import load

UNKNOWN = "?"


@cache
def _by(key: str, name: str) -> dict[str, Any]:
    return {row[name]: row for row in load("servicenow_groups")[key]}


def department_of(group: str) -> str:
    content = load("servicenow_groups")
    return str(content["groups"].get(group, content["default_department"]))


def groups() -> dict[str, str]:
    """Assignment group → department slug; the log's sign for "unknown" is not a group."""
    return {group: slug for group, slug in load("servicenow_groups")["groups"].items() if group != UNKNOWN}


def words(cells: Mapping[str, str]) -> dict[str, str]:
    """Title, description, category and service of one row; the same for the same incident every time."""
    content = load("servicenow_groups")
    number = zlib.crc32(cells["number"].encode())
    department = department_of(cells.get("assignment_group", UNKNOWN))
    category = _by("categories", "category").get(cells.get("category", UNKNOWN))
    titles = content["department_titles"].get(department)
    if category is not None and department in {"support", category["home_department"]}:
        titles = category["titles"]
    if not titles:
        titles = category["titles"] if category is not None else content["department_titles"]["service-engineers"]
    title = str(titles[number % len(titles)])
    for name, values in content["values"].items():
        title = title.replace("{" + name + "}", str(values[(number // 97) % len(values)]))
    symptom = _by("symptoms", "symptom").get(cells.get("u_symptom", UNKNOWN))
    phrase = symptom["phrase"] if symptom else content["other_symptoms"][number % len(content["other_symptoms"])]
    how = content["contact_types"].get(cells.get("contact_type", ""), "")
    return {
        "title": title,
        "description": f"{phrase}.\nReported by {how}." if how else f"{phrase}.",
        "category": category["name"] if category else "",
        "service": "",
    }
