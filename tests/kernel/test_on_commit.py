"""A hook after the commit that fails must not fail the request, nor keep later hooks from running: `robust=True`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

OURS = (
    "accounts",
    "alerts",
    "demo",
    "departments",
    "desk",
    "incidents",
    "kernel",
    "projects",
    "quality",
    "sla",
    "tamhub",
)


def hooks_that_may_fail_a_request(source: str) -> Iterator[int]:
    """The lines that register a hook which is not robust."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        is_robust = any(
            word.arg == "robust" and isinstance(word.value, ast.Constant) and word.value.value is True
            for word in node.keywords
        )
        if name == "on_commit" and not is_robust:
            yield node.lineno


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("transaction.on_commit(wake)", [1]),
        ("on_commit(wake, robust=False)", [1]),
        ("transaction.on_commit(wake, robust=True)", []),
    ],
)
def test_a_hook_that_is_not_robust_is_found(line: str, found: list[int]) -> None:
    assert list(hooks_that_may_fail_a_request(line)) == found


def test_every_hook_after_a_commit_is_robust() -> None:
    files: list[Path] = [file for room in OURS for file in sorted((ROOT / room).rglob("*.py"))]
    assert files
    assert [f"{file}:{line}" for file in files for line in hooks_that_may_fail_a_request(file.read_text())] == []
