"""Short cases run in CI; long ones do more of the same, or wait where the short ones let time pass in the rows."""

from typing import Any

import pytest


def at_length(*values: Any) -> Any:
    """The parameters of the long version of a case."""
    return pytest.param(*values, marks=pytest.mark.chaos_long)
