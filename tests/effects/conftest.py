from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.effects import samples


@pytest.fixture(autouse=True)
def _clean_samples() -> Iterator[None]:
    samples.ran.clear()
    samples.poison.clear()
    yield
    samples.poison.clear()


@pytest.fixture
def applied(request: pytest.FixtureRequest) -> Iterator[None]:
    """A table that the sample effects write to, gone after the test."""
    request.getfixturevalue("transactional_db" if request.node.get_closest_marker("two_connections") else "db")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS sample_applied (n integer)")
        cursor.execute("TRUNCATE sample_applied")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sample_applied")
