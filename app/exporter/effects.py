"""What an export owes."""

from __future__ import annotations

from owed import effect

HALF_AN_HOUR = 1800


@effect("upkeep.build_export", kind="external", timeout=HALF_AN_HOUR, max_attempts=3, key="export_id")
def build_export(*, export_id: int) -> None:
    """Write everything into a ZIP that the one who asked may download. Begun again, it begins from the start."""
