"""`python -m worker.health`: exit 0 while a worker on this host said in the last 25 seconds that it lives, and is not deaf."""

from __future__ import annotations

import os
import socket
import sys

LIMIT = 25.0


def main() -> int:
    """Print what is known and return the exit code: 0 alive, 1 silent, 2 database away."""
    import django
    from django.db import DatabaseError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from owed.heartbeat import silence_on

    try:
        age = silence_on(socket.gethostname())
    except DatabaseError as error:
        print(f"the database does not answer: {type(error).__name__}")
        return 2
    print("no worker was ever seen on this host" if age is None else f"last sign of life {age:.0f} s ago")
    return 0 if age is not None and age <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
