"""What imports owe: each part is one of about a minute and owes the next, so that none outlasts its lease."""

from __future__ import annotations

from owed import effect

FIVE_MINUTES = 300
TEN_MINUTES = 600


@effect("upkeep.check_import", kind="external", timeout=TEN_MINUTES, max_attempts=5, key="import_id")
def check_import(*, import_id: int) -> None:
    """Read an upload and note what an import of it would bring. Nothing else is stored."""


@effect("upkeep.run_import", kind="external", timeout=FIVE_MINUTES, max_attempts=8, key="import_id")
def run_import(*, import_id: int) -> None:
    """Import the next posts of an upload, and owe the rest."""


@effect("upkeep.undo_import", kind="external", timeout=FIVE_MINUTES, max_attempts=8, key="import_id")
def undo_import(*, import_id: int) -> None:
    """Delete the next posts that an import brought, and owe the rest; last what only they used."""
