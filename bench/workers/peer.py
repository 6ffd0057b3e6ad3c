"""Other queues in the database, installed beside the project.

`python -m bench.workers.peer procrastinate|tasks_db work|owe [number]`
"""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from typing import Any

from bench.report import FOLDER

PLACE = FOLDER / "peers"


def main(peer: str, deed: str, number: str = "0") -> None:
    # At the end: the folder's own copies of what the project has are not used.
    sys.path.append(str(PLACE))
    {"procrastinate": _procrastinate, "tasks_db": _tasks_db}[peer](deed, int(number))


def _procrastinate(deed: str, number: int) -> None:
    procrastinate: Any = import_module("procrastinate")
    connector = {"work": "PsycopgConnector", "owe": "SyncPsycopgConnector"}[deed]
    logging.disable(logging.WARNING)  # it would rather have its app in a module of its own
    app = procrastinate.App(connector=getattr(procrastinate, connector)(conninfo=os.environ["DATABASE_URL"]))

    nothing = app.task(name="nothing")(_nothing)
    if deed == "work":
        app.run_worker(concurrency=1)
        return
    with app.open():
        if not app.check_connection():
            app.schema_manager.apply_schema()
        if number:
            nothing.batch_defer(*({"n": n} for n in range(number)))


def _nothing(n: int) -> None:
    pass


def _tasks_db(deed: str, number: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.workers.tasks_db_settings"
    import django
    from django.core.management import call_command

    django.setup()
    if deed == "work":
        call_command("db_worker", interval=0.1, startup_delay=False)
        return
    from django.db import transaction

    from bench.workers import tasks_db

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        for n in range(number):
            tasks_db.nothing.enqueue(n)


if __name__ == "__main__":
    main(*sys.argv[1:])
