"""Flower: behind a password, on loopback, its history kept through a kill, nothing personal to show.

Flower reads FLOWER_* variables, then this file, then the command line; each may say again what the one before said.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django
from tornado.options import options

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402  after the settings are named

address = options.address or "127.0.0.1"
port = settings.FLOWER_PORT
basic_auth = [settings.FLOWER_BASIC_AUTH]
# Only looking: a hint revoked or sent by hand changes nothing that is owed, and replay belongs to the ledger's page.
read_only = True
persistent = True
# Each time it writes all runs again, up to 13 MB, and does nothing else meanwhile. It also saves when it is asked to end.
state_save_interval = options.state_save_interval or 60_000
db = str(Path(settings.DATA_DIR) / "flower" / "state")
max_tasks = 20_000
inspect_timeout = 3000.0
natural_time = False
tasks_columns = "name,uuid,state,args,received,started,runtime,worker,exception"

# The state names runs and errors, and is read back by pickle: only this process writes it.
Path(db).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
if ":" not in settings.FLOWER_BASIC_AUTH or not settings.FLOWER_BASIC_AUTH.isascii():
    sys.exit("FLOWER_BASIC_AUTH: must be name:password, in ASCII; Flower can compare nothing else.")


def format_task(task: Any) -> Any:
    """Show which effects a hint named, and nothing that a task was given or gave back."""
    task.kwargs = ""
    task.result = ""
    return task
