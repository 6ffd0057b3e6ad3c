"""Whether the database has what the models need: tables, columns, checks, unique rows, indexes.

`migrate` trusts its record. Where a recorded migration was changed later, or a restore left something out, the record says that
nothing is to be done and a page fails later. What the database has in addition is fine: during a deploy the old code runs on
the new tables.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NAMED = 5  # differences in the sentence; one forgotten migration can make dozens
COLUMNS = """
SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, atthasdef OR attidentity <> ''
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relname = ANY(%s) AND pg_table_is_visible(pg_class.oid) AND attnum > 0 AND NOT attisdropped
"""
DEFINITIONS = """
SELECT pg_class.relname, named.relname, pg_get_indexdef(indexrelid) FROM pg_class
JOIN pg_index ON indrelid = pg_class.oid AND indisvalid JOIN pg_class AS named ON named.oid = indexrelid
WHERE pg_class.relname = ANY(%(tables)s) AND pg_table_is_visible(pg_class.oid)
UNION ALL
SELECT relname, conname, pg_get_constraintdef(pg_constraint.oid) FROM pg_class JOIN pg_constraint ON conrelid = pg_class.oid
WHERE relname = ANY(%(tables)s) AND pg_table_is_visible(pg_class.oid) AND contype IN ('c', 'f')
"""
FUNCTIONS = {"lower", "upper"}
LITERAL = re.compile(r"'((?:[^']|'')*)'")
WORD = re.compile(r"\w+")
UNIQUE = re.compile(r"^CREATE UNIQUE INDEX [^(]*\(([^()]*)\)$")
WIDER = {"smallint": ("integer", "bigint"), "integer": ("bigint",)}
LENGTH = re.compile(r"character varying\((\d+)\)")


@dataclass(frozen=True)
class Column:
    type: str
    required: bool
    filled: bool  # by the database, where an INSERT leaves it out


@dataclass
class Table:
    columns: dict[str, Column] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    @property
    def unique(self) -> set[frozenset[str]]:
        found = map(UNIQUE.match, self.definitions.values())
        return {frozenset(WORD.findall(match[1])) for match in found if match}


def complaint() -> str:
    """Return what the database lacks, as one sentence; empty where it lacks nothing."""
    found = differences()
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"The database does not fit this release: {'; '.join(found[:NAMED])}{more}." if found else ""


def differences() -> list[str]:
    """Return what the models need and the database lacks. Three queries; about 0.1 s, most of it for the models' own SQL."""
    wanted = [model for model in apps.get_models(include_auto_created=True) if _has_table(model)]
    tables = _tables([model._meta.db_table for model in wanted])
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        found = [phrase for model in wanted for phrase in _of_model(model, tables.get(model._meta.db_table), editor)]
    # Missing tables first: a few phrases are named, and much of the rest follows from them.
    return sorted(found, key=lambda phrase: not phrase.startswith("the table "))


def _has_table(model: type[models.Model]) -> bool:
    options = model._meta
    return options.can_migrate(connection) and router.allow_migrate_model(connection.alias, model)


def _tables(names: list[str]) -> dict[str, Table]:
    tables: dict[str, Table] = defaultdict(Table)
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [names])
        for table, column, *facts in cursor.fetchall():
            tables[table].columns[column] = Column(*facts)
        cursor.execute(DEFINITIONS, {"tables": names})
        for table, name, definition in cursor.fetchall():
            tables[table].definitions[name] = definition.replace('"', "")
    return tables


def _of_model(model: type[models.Model], table: Table | None, editor: BaseDatabaseSchemaEditor) -> Iterator[str]:
    name = model._meta.db_table
    if table is None:
        yield f"the table {name} is missing"
        return
    for each in model._meta.local_concrete_fields:
        yield from _of_field(each, table, name)
    known = {each.column for each in model._meta.local_concrete_fields}
    for column, facts in table.columns.items():
        if column not in known and facts.required and not facts.filled:
            yield f"{name}.{column} must be filled, and this release does not know it"
    yield from _of_names(model, table, editor)


def _of_field(each: models.Field[Any, Any], table: Table, name: str) -> Iterator[str]:
    found = table.columns.get(each.column or "")
    if found is None:
        yield f"the column {name}.{each.column} is missing"
        return
    wanted = (each.db_type(connection) or "").replace("varchar", "character varying")
    if not _holds(found.type, wanted):
        yield f"{name}.{each.column} is {found.type}, not {wanted}"
    if found.required and each.null and not each.primary_key:
        yield f"{name}.{each.column} does not allow NULL"
    if each.unique and frozenset([each.column]) not in table.unique:
        yield f"{name}.{each.column} is not unique"
    if getattr(each, "db_constraint", False):
        reference = f"FOREIGN KEY ({each.column})"
        if not any(definition.startswith(reference) for definition in table.definitions.values()):
            yield f"{name}.{each.column} lacks its foreign key"


def _holds(found: str, wanted: str) -> bool:
    """Return whether every value of the wanted type fits: in a longer text or number it does."""
    lengths = LENGTH.fullmatch(found), LENGTH.fullmatch(wanted)
    if lengths[0] and lengths[1]:
        return int(lengths[0][1]) >= int(lengths[1][1])
    return found == wanted or found in WIDER.get(wanted, ()) or (found == "text" and lengths[1] is not None)


def _of_names(model: type[models.Model], table: Table, editor: BaseDatabaseSchemaEditor) -> Iterator[str]:
    """Compare indexes and constraints by name, and by the columns and the values that they speak of.

    PostgreSQL writes a definition in its own way, and in another way once it was dumped and loaded: the texts differ.
    """
    name, words = model._meta.db_table, set(table.columns) | FUNCTIONS
    for each in [*model._meta.constraints, *model._meta.indexes]:
        definition = table.definitions.get(each.name)
        if definition is None:
            yield f"{each.name} on {name} is missing"
            continue
        wanted = str(each.create_sql(model, editor)).replace("%%", "%")
        if unknown := set(LITERAL.findall(wanted)) - set(LITERAL.findall(definition)):
            yield f"{each.name} on {name} does not know {', '.join(sorted(unknown))}"
        elif unknown := words & set(WORD.findall(wanted.lower())) - set(WORD.findall(definition.lower())):
            yield f"{each.name} on {name} leaves out {', '.join(sorted(unknown))}"
    for group in model._meta.unique_together:
        columns = {str(model._meta.get_field(part).column) for part in group}  # type: ignore[union-attr]
        if columns not in table.unique:
            yield f"{name} is not unique by {', '.join(sorted(columns))}"
