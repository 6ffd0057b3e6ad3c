"""Empty the test database after a test that committed: only the tables that hold rows.

Django truncates all tables and then creates each permission again: 0.3 s after every such test, of which this takes a tenth.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from django.db import OperationalError, connections
from django.test import TransactionTestCase

from tests import servers
from tools.devserver.server import ROOT

TEMPLATE = "migrated"

# What Django itself writes after a migration, and no test of ours adds to.
KEPT = {"django_content_type", "auth_permission"}
# Locked, as by TRUNCATE: a thread that outlives its test commits before the rows are counted, not after.
EMPTY = """
DO $$
DECLARE name text; filled boolean;
BEGIN
    LOCK TABLE {tables} IN EXCLUSIVE MODE;
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
END $$
"""
flush_all = TransactionTestCase._fixture_teardown


def delete_rows(case: TransactionTestCase) -> None:
    """Take the place of Django's flush, except where a test asks for one of its special forms."""
    if case.available_apps is not None or case.serialized_rollback or case.reset_sequences:
        flush_all(case)
        return
    for alias in case._databases_names(include_mirrors=False):
        empty(alias)


def empty(alias: str) -> None:
    """Delete every row. Foreign keys are checked at the end of the statement's transaction, so that any order will do."""
    connection = connections[alias]
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    quoted = ", ".join(connection.ops.quote_name(table) for table in tables)
    names = ", ".join(f"'{table}'" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(EMPTY.format(tables=quoted, names=names))


def is_given() -> bool:
    """Return whether the database was given from outside, where nothing is made beside the test databases."""
    return "DATABASE_URL" not in os.environ[servers.OURS].split()


def migrated() -> str:
    """Return the name of a database with every table, which the first worker to ask makes and the others wait for."""
    folder = Path(os.environ[servers.HOME])
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (done := folder / "template.done").exists():
            with connections["default"]._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute(f"CREATE DATABASE {TEMPLATE}")
            url = os.environ["DATABASE_URL"].rpartition("/")[0]
            command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": f"{url}/{TEMPLATE}"}, check=True)
            done.touch()
    return TEMPLATE


def forget(statement: str, tries: int = 5) -> None:
    """Run a TRUNCATE beside live workers, who read the same tables in another order: the loser of a deadlock tries again."""
    for left in reversed(range(tries)):
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute(statement)
            return
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, psycopg.errors.DeadlockDetected):
                raise


def end_other_sessions(name: str) -> None:
    """End the sessions of a database that threads left behind, such as one that served a browser which keeps its connection.

    A database in use can neither be copied nor dropped.
    """
    with connections["default"]._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
