"""Put a data folder's database aside under a name with the time, and keep it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from config.release import demo_mark


def put_aside(data_dir: Path, database_url: str) -> str:
    """Rename the database's folder and the mark of its demo; return what to say about it."""
    data = data_dir / "postgres"
    if not data.exists():
        return "This folder has no database: `make run` creates one."
    aside = data.with_name(f"postgres-until-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    data.rename(aside)
    # Without the mark the next run loads the demo again.
    mark = demo_mark(data_dir, database_url)
    if mark.exists():
        mark.rename(mark.with_name(f"{mark.name}-of-{aside.name}"))
    return f"The old data is kept in {aside}. `make run` now makes a new demo. To go back, rename that folder to {data.name}."
