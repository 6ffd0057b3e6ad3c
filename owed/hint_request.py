"""A hint in the parent of Celery's pool: what a killed child had not begun is rung again at once, before any sweep."""

from __future__ import annotations

from typing import Any

from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined]
from billiard.exceptions import Terminated, WorkerLostError
from celery.worker.request import Request

from .celery import HEADER
from .waker import waker

# How Celery says that the child is gone; billiard reports some ends before the process is.
GONE = (WorkerLostError, Terminated, SystemExit, KeyboardInterrupt)


class HintRequest(Request):
    """Rings again all that the hint names: what is done or leased costs an empty claim, and what is ready runs elsewhere."""

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Follow Celery's own handling of a limit; the hard one kills the child."""
        try:
            super().on_timeout(soft, timeout)
        finally:
            if not soft:
                self._ring_again()

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        """Follow Celery's own handling of an error, or of a child that died."""
        error = exc_info.exception
        try:
            return super().on_failure(exc_info, send_failed_event, return_ok)
        finally:
            if isinstance(error.exc if isinstance(error, ExceptionWithTraceback) else error, GONE):
                self._ring_again()

    def _ring_again(self) -> None:
        ids = self.request_dict.get(HEADER) or ()
        # One alone is the effect that ended the child: it is leased, and comes back by the clock.
        if len(ids) > 1:
            waker.wake([(self.type, int(pk)) for pk in ids])
