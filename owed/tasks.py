"""The backend of django.tasks: TASKS = {"default": {"BACKEND": "owed.tasks.LedgerBackend", "QUEUES": ["default"]}}.

Its code is in ledger_backend, and imported when it is asked for: Celery imports the module `tasks` of every app, also where
neither Django nor the package django-tasks brings django.tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ledger_backend import LedgerBackend

__all__ = ["LedgerBackend"]


def __getattr__(name: str) -> Any:
    if name == "LedgerBackend":
        from .ledger_backend import LedgerBackend

        return LedgerBackend
    raise AttributeError(name)
