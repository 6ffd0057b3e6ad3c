"""What the site adds to Celery's processes: a deaf ear for SIGTERM in children, its log lines, the journals of mailings."""

from __future__ import annotations

import logging
import signal
from threading import Thread
from typing import Any

from billiard.process import current_process
from celery.signals import setup_logging, task_prerun, worker_process_init, worker_process_shutdown, worker_shutdown
from django.db import Error, connection
from django.utils import timezone, translation

from app.mail.journal import JOURNALS
from app.mail.kept_connections import CONNECTIONS
from app.site.current import site

logger = logging.getLogger(__name__)


@worker_process_init.connect(weak=False, dispatch_uid="worker.ignore_group_stop")
def ignore_group_stop(**kwargs: Any) -> None:
    """Let the running task end when the whole process group is asked to stop; the parent decides. A solo pool is the parent."""
    if current_process().name != "MainProcess":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@task_prerun.connect(weak=False, dispatch_uid="worker.speak")
def speak(**kwargs: Any) -> None:
    """Let mail and notices have the language and the time zone of the publication."""
    here = site()
    translation.activate(here.language)
    timezone.activate(here.zone)


@setup_logging.connect(weak=False, dispatch_uid="worker.keep_logging")
def keep_logging(**kwargs: Any) -> None:
    """Keep the site's log lines: Celery configures logging only where no receiver is connected here."""


@worker_process_init.connect(weak=False, dispatch_uid="worker.read_journals")
def read_journals(**kwargs: Any) -> None:
    """Settle what a child that was killed had in hand. In a thread: Celery gives a child 4 seconds to be ready."""
    Thread(target=_recover, daemon=True).start()


@worker_process_shutdown.connect(weak=False, dispatch_uid="worker.close_mail_of_child")
@worker_shutdown.connect(weak=False, dispatch_uid="worker.close_mail")
def close_mail(**kwargs: Any) -> None:
    """Take leave of the mail server, and remove the journal of this process."""
    CONNECTIONS.close()
    JOURNALS.close()


def _recover() -> None:
    from app.newsletter.recovery import recover

    try:
        recover()
    except Error:
        # The next run of a mailing reads them.
        logger.warning("the journals of mailings could not be read now")
    finally:
        connection.close()
