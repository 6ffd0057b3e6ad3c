"""What every test may rely on; the servers of the session are in tests/servers.py."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Begin a test that uses the database with an empty cache: cached pages speak of rows."""
    if request.node.get_closest_marker("django_db"):
        cache.clear()
