from __future__ import annotations

import pytest

from app.outbound.circuits import circuits


@pytest.fixture(autouse=True)
def _no_host_rests() -> None:
    circuits.forget()
