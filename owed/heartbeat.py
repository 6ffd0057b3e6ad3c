"""The sweepers' sign of life, by the database's clock."""

from __future__ import annotations

import json

from . import registry, sql

# Every five seconds at most: sweepers pass twice a second, and each update leaves a dead row for vacuum.
BEAT = """
INSERT INTO effects_heartbeat (worker, at, names) VALUES (%s, clock_timestamp(), %s::jsonb)
ON CONFLICT (worker) DO UPDATE SET at = excluded.at, names = excluded.names
WHERE effects_heartbeat.at < excluded.at - interval '5 seconds'
"""
AGE = "SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM effects_heartbeat WHERE worker LIKE %s"


def beat(worker: str) -> None:
    """Say that this worker's sweeper lives, and what it knows; written at most every five seconds."""
    sql.run(BEAT, [worker[:200], json.dumps(registry.names())])


def silence(worker: str = "%") -> float | None:
    """Return seconds since the last sign of life of any matching worker; None if there never was one."""
    age: float | None = sql.value(AGE, [worker])
    return age
