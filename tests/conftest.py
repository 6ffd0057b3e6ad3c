"""What every test may rely on; the servers of the session are in tests/servers.py."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from app.web.cache import outage


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Begin with a cache that is well, and empty where the test uses the database: cached pages speak of rows."""
    outage.failing = False
    if request.node.get_closest_marker("django_db"):
        cache.clear()
