"""What a migration since the dump means to change. Everything else that the dump holds must be the same after an upgrade.

Rows, columns, indexes and constraints that are new need no entry. A migration that renames, removes or rewrites has one here,
in the same commit.
"""

from __future__ import annotations

# The table's new name, by its old one.
RENAMED_TABLES: dict[str, str] = {}
# The new place of a content type, (label, model), by its old one. Its id stays, and with it every permission that was granted.
MOVED_TYPES: dict[tuple[str, str], tuple[str, str]] = {("notices", "addresschange"): ("members", "emailchange")}
# Columns that went away, or whose values a migration writes again, by the table's old name.
CHANGED_COLUMNS: dict[str, set[str]] = {}
# Indexes, constraints and tables that went away or are defined in another way, by name.
CHANGED_NAMES: set[str] = {"notice_kind_known"}  # kinds of notice are files
