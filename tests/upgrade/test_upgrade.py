"""An installation of the first landed schema, with rows in every state, becomes one of this checkout."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.upgrade import intended
from tests.upgrade.installation import Upgrade
from tests.upgrade.snapshot import Row, Snapshot

# Rows whose text speaks of labels: compared by tests of their own.
OF_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}
EFFECTS = intended.RENAMED_TABLES.get("effects_effect", "effects_effect")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def renamed(table: str) -> str:
    return intended.RENAMED_TABLES.get(table, table)


def kept(rows: list[Row], columns: set[str]) -> list[str]:
    return sorted(repr(sorted((name, value) for name, value in row.items() if name in columns)) for row in rows)


class TestTheDump:
    def test_has_rows_in_every_table(self, upgrade: Upgrade) -> None:
        assert [table for table, rows in upgrade.before.rows.items() if not rows] == []

    def test_holds_ten_thousand_effects_in_every_state(self, upgrade: Upgrade) -> None:
        states = upgrade.before.count("effects_effect", "state")
        assert states == {"done": 8600, "dead": 600, "ready": 400, "running": 200, "waiting": 200}

    @pytest.mark.parametrize(
        ("table", "column", "values"),
        [
            ("accounts_user", "role", {"reader", "contributor", "author", "editor"}),
            ("blog_post", "status", {"draft", "scheduled", "published", "withdrawn"}),
            ("blog_comment", "status", {"held", "approved", "spam", "deleted"}),
            ("newsletter_subscriber", "state", {"pending", "confirmed", "unsubscribed", "bounced"}),
            ("newsletter_send", "state", {"expanding", "sending", "finished", "cancelled"}),
            (
                "newsletter_delivery",
                "state",
                {"pending", "submitting", "sent", "failed", "suppressed", "skipped", "unknown"},
            ),
            ("social_socialpost", "state", {"pending", "submitting", "sent", "failed", "unknown", "withdrawn", "skipped"}),
        ],
    )
    def test_has_rows_in_every_state(self, upgrade: Upgrade, table: str, column: str, values: set[str]) -> None:
        assert set(upgrade.before.count(table, column)) == values


class TestAnUpgrade:
    def test_keeps_every_row_with_its_id_and_values(self, upgrade: Upgrade) -> None:
        changed = {}
        for table, rows in upgrade.before.rows.items():
            if table in OF_DJANGO | intended.CHANGED_NAMES:
                continue
            columns = set(rows[0]) - intended.CHANGED_COLUMNS.get(table, set())
            if kept(rows, columns) != kept(upgrade.after.rows[renamed(table)], columns):
                changed[table] = columns
        assert changed == {}

    def test_keeps_the_columns_and_their_types(self, upgrade: Upgrade) -> None:
        for (table, column), facts in upgrade.before.columns.items():
            excepted = table in intended.CHANGED_NAMES or (table, column) in intended.RETYPED_COLUMNS
            if not excepted and column not in intended.CHANGED_COLUMNS.get(table, set()):
                assert upgrade.after.columns[renamed(table), column] == facts, f"{table}.{column}"

    @pytest.mark.parametrize("kind", ["indexes", "constraints"])
    def test_keeps_indexes_and_constraints(self, upgrade: Upgrade, kind: str) -> None:
        before, after = getattr(upgrade.before, kind), getattr(upgrade.after, kind)
        lost = {name for name, definition in before.items() if after.get(name) != definition}
        assert lost - intended.CHANGED_NAMES == set()

    def test_goes_on_counting_where_the_sequences_were(self, upgrade: Upgrade) -> None:
        for table, last in upgrade.before.sequences.items():
            if table not in OF_DJANGO | intended.CHANGED_NAMES:
                assert upgrade.after.sequences[renamed(table)] == last, table

    def test_keeps_the_record_of_migrations_and_adds_to_it(self, upgrade: Upgrade) -> None:
        before, after = (
            kept(each.rows["django_migrations"], {"id", "app", "name"}) for each in (upgrade.before, upgrade.after)
        )
        assert set(before) <= set(after)

    def test_keeps_what_was_granted_under_the_new_name_of_its_model(self, upgrade: Upgrade) -> None:
        expected = {
            (*intended.MOVED_TYPES.get((label, model), (label, model)), code) for label, model, code in grants(upgrade.before)
        }
        assert expected
        assert grants(upgrade.after) == expected

    def test_leaves_no_content_type_under_an_old_label(self, upgrade: Upgrade) -> None:
        types = {(row["app_label"], row["model"]): row["id"] for row in upgrade.after.rows["django_content_type"]}
        for row in upgrade.before.rows["django_content_type"]:
            old = row["app_label"], row["model"]
            assert types.get(intended.MOVED_TYPES.get(old, old)) == row["id"]
            assert old not in intended.MOVED_TYPES or old not in types

    def test_ends_with_the_tables_of_a_fresh_installation(self, upgrade: Upgrade) -> None:
        after, fresh = upgrade.after.schema, upgrade.fresh.schema
        assert {name for name in after | fresh if after.get(name, ()) != fresh.get(name, ())} == set()

    def test_has_nothing_to_do_the_second_time(self, upgrade: Upgrade) -> None:
        assert "No migrations to apply" in upgrade.again


class TestWhatWasOwedBefore:
    def test_is_done_afterwards(self, upgrade: Upgrade) -> None:
        owed = {row["id"] for row in upgrade.before.rows["effects_effect"] if row["state"] in ("ready", "running")}
        states = Counter(row["state"] for row in upgrade.worked.rows[EFFECTS] if row["id"] in owed)
        assert states == {"done": len(owed)}

    def test_waits_where_it_waited(self, upgrade: Upgrade) -> None:
        waiting = {row["id"] for row in upgrade.before.rows["effects_effect"] if row["state"] == "waiting"}
        assert {row["state"] for row in upgrade.worked.rows[EFFECTS] if row["id"] in waiting} == {"waiting"}

    def test_left_its_work(self, upgrade: Upgrade) -> None:
        tracked = [
            row["args"]
            for row in upgrade.before.rows["effects_effect"]
            if row["state"] == "ready" and row["task"] == "stats.track"
        ]
        seen = {(row["post_id"], row["user_id"]) for row in upgrade.worked.rows[renamed("stats_activity")]}
        assert tracked
        assert {(args["post_id"], args["user_id"]) for args in tracked} <= seen

    def test_is_followed_by_new_rows_with_higher_ids(self, upgrade: Upgrade) -> None:
        new = [row["id"] for row in upgrade.worked.rows[EFFECTS] if row["id"] > 10_000]
        assert new
        assert len(upgrade.worked.rows[EFFECTS]) == 10_000 + len(new)


def grants(of: Snapshot) -> set[tuple[str, str, str]]:
    """Return (label, model, codename) of all that groups and users may do."""
    given = {
        row["permission_id"] for table in ("auth_group_permissions", "accounts_user_user_permissions") for row in of.rows[table]
    }
    types = {row["id"]: (row["app_label"], row["model"]) for row in of.rows["django_content_type"]}
    return {(*types[row["content_type_id"]], row["codename"]) for row in of.rows["auth_permission"] if row["id"] in given}
