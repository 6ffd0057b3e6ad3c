"""`python -m tests.upgrade.make_dump COMMIT`: store what an installation of that commit holds, for the upgrade tests.

The commit's own code makes the tables; rows.sql fills them. The result is plain SQL that any PostgreSQL from 15 on takes from
any client: no settings of a newer server, no commands of psql.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg

from tests import servers
from tools.devserver.postgres import Postgres, binaries

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DUMP = HERE / "first.sql.gz"
# The settings that pg_dump 18 writes include names unknown to 15; the lines with a backslash are orders to psql.
FOREIGN = re.compile(r"^(SET \w+ = .*;|SELECT pg_catalog\.set_config\(.*\);|\\.*|--.*)\n", re.MULTILINE)


def main(commit: str) -> None:
    with servers.home() as folder:
        cluster = Postgres(data=folder / "postgres", sockets=folder / "pg", durable=False)
        with servers.run(cluster, folder):
            migrate(commit, folder)
            with psycopg.connect(host=str(folder / "pg"), user="afterword", dbname="afterword") as connection:
                connection.execute((HERE / "rows.sql").read_bytes())
            store(dump(folder / "pg"))


def migrate(commit: str, folder: Path) -> None:
    """Make the tables with the code of that commit."""
    code = folder / "code"
    code.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(code)], input=archive, check=True)
    env = {**os.environ, **servers.addresses(folder), "DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=code, env=env, check=True)


def dump(sockets: Path) -> str:
    options = ["--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=500"]
    command = [str(binaries() / "pg_dump"), "-h", str(sockets), "-U", "afterword", "afterword", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def store(text: str) -> None:
    text = re.sub(r"\n{2,}", "\n", FOREIGN.sub("", text))
    DUMP.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{DUMP.name}: {DUMP.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
