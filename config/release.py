"""Bring database and static files up to the code, before the programs start; and the demo once, on a developer's machine."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from pathlib import Path

PATIENCE = 60.0


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    await_database()
    call_command("migrate", interactive=False, verbosity=1)
    refuse_other_tables()
    if settings.DEBUG:
        seed_once(settings.DATA_DIR, settings.ENV.database_url)
    else:
        call_command("collectstatic", interactive=False, verbosity=0)
    offer_first_account()
    if "HONCHO_PROCESS_NAME" in os.environ:
        stay()


def await_database() -> None:
    from django.db import OperationalError, connection

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError as error:
            if time.monotonic() > deadline:
                sys.exit(f"The database at DATABASE_URL did not answer within {PATIENCE:g} s: {error}")
        time.sleep(0.25)


def refuse_other_tables() -> None:
    """Stop where the tables are not those of the models although nothing is left to migrate."""
    from django.conf import settings

    from app.web import schema

    if complaint := schema.complaint():
        sys.exit(f"{complaint} {settings.SCHEMA_ADVICE}")


def seed_once(data_dir: Path, database_url: str) -> None:
    """Load the demo into a database that has not had it: what was deleted stays deleted."""
    from django.core.management import CommandError, call_command

    from app.backup.models import Restore

    done = demo_mark(data_dir, database_url)
    # What a restored database holds of the demo, it holds; what was deleted there does not come back.
    if done.exists() or Restore.objects.exists():
        return
    try:
        call_command("seed_demo")
    except CommandError as error:
        print(f"The demo could not be loaded: {error}", file=sys.stderr)
        return
    done.touch()


def offer_first_account() -> None:
    """Print where the first account is made, as long as there is none."""
    from app.members.first_account import HasAccounts, first_account_link

    try:
        link = first_account_link()
    except HasAccounts:
        return
    print(f"This site has no account yet. Make the first one, within seven days, at:\n\n    {link}\n", flush=True)


def demo_mark(data_dir: Path, database_url: str) -> Path:
    """Return the file that says that this database has had its demo."""
    return data_dir / f"demo-{hashlib.sha256(database_url.encode()).hexdigest()[:10]}"


def stay() -> None:
    """Wait for a signal: honcho ends everything when one of its processes ends."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    signal.sigwait(ends)


if __name__ == "__main__":
    main()
