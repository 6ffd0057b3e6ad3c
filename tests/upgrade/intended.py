"""What a migration since the dump means to change. Everything else that the dump holds must be the same after an upgrade.

Rows, columns, indexes and constraints that are new need no entry. A migration that renames, removes or rewrites has one here,
in the same commit.
"""

from __future__ import annotations

# The table's new name, by its old one.
RENAMED_TABLES: dict[str, str] = {}
# The new place of a content type, (label, model), by its old one. Its id stays, and with it every permission that was granted.
MOVED_TYPES: dict[tuple[str, str], tuple[str, str]] = {
    ("effects", model): ("owed", model) for model in ("effect", "tick", "heartbeat", "unproven")
} | {("notices", "addresschange"): ("members", "emailchange")}
# Columns that went away, or whose values a migration writes again, by the table's old name.
CHANGED_COLUMNS: dict[str, set[str]] = {"search_document": {"vector"}}  # without accents
# Columns of another type that keep their values: (old table, column).
RETYPED_COLUMNS: set[tuple[str, str]] = {
    ("social_account", "network"),
    ("notices_notice", "kind"),
    ("effects_effect", "state"),  # "discarded" has nine letters
}  # each network is a file, with a name of its own length
# Indexes, constraints and tables that went away or are defined in another way, by name (constraints as
# "table name").
CHANGED_NAMES: set[str] = {
    "social_account social_account_network_known",
    "notices_notice notice_kind_known",
    "newsletter_confirmation newsletter_confirmation_state",
    "newsletter_delivery newsletter_delivery_state",
    "notices_notice notices_notice_state",
    "effects_effect effect_state_known",
    "effects_effect effect_finished_when_over",
    "blog_post post_status_known",  # a post may be published by email alone
    "media_unclaimed",  # nothing asks for the column any more
}
