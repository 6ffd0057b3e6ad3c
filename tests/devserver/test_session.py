"""The servers of the test session themselves."""

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
class TestTheSessionsServers:
    def test_are_a_postgresql_that_answers(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            assert int(cursor.fetchone()[0]) >= 150000

    def test_are_a_cache_that_keeps(self) -> None:
        cache.set("word", "kept")
        assert cache.get("word") == "kept"
