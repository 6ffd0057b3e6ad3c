"""Whether there is room on the disk: the one trouble that goes away without anyone touching the programs."""

from __future__ import annotations

import shutil
from pathlib import Path

NEEDED = 32 * 2**20
"""Bytes: PostgreSQL takes 16 MB at once for its log of changes."""
PROBE = 64 * 1024


def is_full(folder: Path) -> bool:
    """Return whether the folder takes no more files. A quota does not show in the free space, so one is written."""
    probe = folder / "room.probe"
    try:
        probe.write_bytes(bytes(PROBE))
    except OSError:
        return True
    finally:
        probe.unlink(missing_ok=True)
    return shutil.disk_usage(folder).free < NEEDED
