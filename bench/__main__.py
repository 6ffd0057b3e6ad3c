"""`python -m bench [name ...]`: run the benchmarks, print Markdown tables, keep them under var/bench/."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
# As an installation runs: with DEBUG on, Django keeps every statement.
IN_PUBLIC = {
    "DEBUG": "off",
    "SITE_URL": "https://127.0.0.1",
    "SECRET_KEY": "of-this-benchmark-alone-" * 3,
    "FLOWER_BASIC_AUTH": "operator:of-this-benchmark-alone",
}
NAMES = ("publish", "request", "outage", "ledger", "workers", "newsletter", "search")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=[], help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="how many transactions, relative to the default")
    wanted = parser.parse_args()
    # As an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with servers():
        prepare()
        from bench import report

        for name in wanted.names or NAMES:
            module = __import__(f"bench.{name}", fromlist=["run"])
            report.publish(name, module.run(wanted.scale), ROOT / "var" / "bench")


@contextmanager
def servers() -> Iterator[None]:
    """Run a PostgreSQL that syncs to disk and a Valkey that keeps its log, as `make run` does, and point Django at them."""
    from config.run_directory import BASE
    from tools.devserver import server
    from tools.devserver.postgres import Postgres
    from tools.devserver.valkey import BROKER, Valkey

    home = Path(tempfile.mkdtemp(prefix="afterword-bench-", dir=BASE))
    database = Postgres(data=home / "postgres", sockets=home / "pg")
    redis = Valkey(name="redis", data=home / "redis", socket=home / "redis.sock", policy=tuple(BROKER))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        log = stack.enter_context((home / "log").open("wb"))
        for part in (database, redis):
            process = server.start(part, log)
            stack.callback(server.stop, part, process)
            server.await_ready(part, process)
        database.create_database()
        os.environ.update(
            DATABASE_URL=f"postgres://afterword@{quote(str(home / 'pg'), safe='')}/afterword",
            CELERY_BROKER_URL=f"redis+socket://{home}/redis.sock?virtual_host=0",
            REDIS_URL=f"unix://{home}/redis.sock?db=1",
            DATA_DIR=str(home / "data"),
            DJANGO_SETTINGS_MODULE="config.settings",
            MAILING_DELAY_SECONDS="0",
            **IN_PUBLIC,
        )
        yield


def prepare() -> None:
    import logging

    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
