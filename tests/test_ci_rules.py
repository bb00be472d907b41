"""The rules of the test run itself: what may be left out, and where it may not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import run

ROOT = Path(__file__).resolve().parent.parent
SKIPS_AND_PASSES = "import pytest\ndef test_skips(): pytest.skip('not today')\ndef test_passes(): pass\n"
SKIPS_AS_A_WHOLE = "import pytest\npytest.skip('not here', allow_module_level=True)\n"


def suite(folder: Path, *, ci: str, source: str) -> subprocess.CompletedProcess[str]:
    """A pytest of its own on one file, with the rule loaded as pyproject.toml does."""
    (folder / "test_skips.py").write_text(source)
    (folder / "test_passes.py").write_text("def test_passes(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "tests.ci_rules", "--rootdir", str(folder)]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("source", [SKIPS_AND_PASSES, SKIPS_AS_A_WHOLE])
def test_a_skipped_test_fails_a_run_in_ci_and_is_named(tmp_path, source):
    result = suite(tmp_path, ci="true", source=source)
    assert result.returncode == 1
    assert "skipped, which CI does not allow" in result.stdout
    assert "test_skips.py" in result.stdout
    assert " passed, 1 skipped" in result.stdout.splitlines()[-1]


def test_a_skipped_test_passes_on_ones_own_machine(tmp_path):
    assert suite(tmp_path, ci="", source=SKIPS_AND_PASSES).returncode == 0


def test_ci_runs_nothing_when_something_would_be_left_out(monkeypatch, capfd):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("CHROMIUM", "/usr/bin/chromium")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/15")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run.main() == 1
    output = capfd.readouterr()
    assert output.out.startswith("Left out: PostgreSQL: set DATABASE_URL=")
    assert "In CI nothing may be left out." in output.err
    assert "Redis" not in output.out
