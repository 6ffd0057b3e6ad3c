"""Everything that a database holds, as values that can be compared: rows by table, columns, indexes, constraints, sequences."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
COLUMNS = """
SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
# NOT NULL is a constraint of its own from PostgreSQL 18 on; it is compared with the columns.
CONSTRAINTS = """
SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""
SEQUENCES = """
SELECT refobjid::regclass::text, coalesce(pg_sequence_last_value(objid::regclass), 0) FROM pg_depend
JOIN pg_class ON pg_class.oid = objid AND relkind = 'S' WHERE deptype = 'i' AND refclassid = 'pg_class'::regclass
"""

# Casts, parentheses and spaces: a check that was dumped and loaded has other ones than the original.
DECORATION = re.compile(r"::(character varying|text)(\[\])?|[()\s]")

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class Snapshot:
    rows: dict[str, list[Row]]
    columns: dict[tuple[str, str], tuple[Any, ...]]
    indexes: dict[str, str]
    constraints: dict[str, str]
    sequences: dict[str, int]

    @property
    def schema(self) -> dict[str, object]:
        """Return all but the rows, without what PostgreSQL writes in another way once a dump was loaded."""
        named = {**self.indexes, **self.constraints}
        return {**dict.fromkeys(self.rows), **{" ".join(key): facts for key, facts in self.columns.items()}, **normal(named)}

    def count(self, table: str, column: str) -> Counter[str]:
        return Counter(row[column] for row in self.rows[table])


def take(connection: psycopg.Connection) -> Snapshot:
    tables = [name for (name,) in connection.execute(TABLES).fetchall()]
    return Snapshot(
        rows={table: rows(connection, table) for table in tables},
        columns={(table, name): tuple(facts) for table, name, *facts in connection.execute(COLUMNS).fetchall()},
        indexes=dict(connection.execute(INDEXES).fetchall()),
        constraints=dict(connection.execute(CONSTRAINTS).fetchall()),
        sequences=dict(connection.execute(SEQUENCES).fetchall()),
    )


def normal(definitions: dict[str, str]) -> dict[str, str]:
    return {name: DECORATION.sub("", definition) for name, definition in definitions.items()}


def rows(connection: psycopg.Connection, table: str) -> list[Row]:
    return [
        row
        for (row,) in connection.execute(sql.SQL("SELECT to_jsonb(t) FROM {} AS t").format(sql.Identifier(table))).fetchall()
    ]
