"""A test over many rows: a small form in `make test`, the full one in `make faults`."""

from __future__ import annotations

import pytest


def sizes(small: int, full: int) -> list[object]:
    """Return the values of a parameter, of which the full one is slow."""
    return [small, pytest.param(full, marks=pytest.mark.slow)]
