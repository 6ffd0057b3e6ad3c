"""Named locks that end with the transaction."""

from __future__ import annotations

from hashlib import blake2b

from django.db import connection


def hold(name: str) -> None:
    """Wait for the name and keep it until the transaction ends."""
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
