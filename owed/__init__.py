"""The ledger: what is owed, who runs it, how it ended.

Needs Django and the standard library. celery.py, durable.py, hint_request.py and worker.py know Celery,
ledger_backend.py knows django.tasks.
"""

from .binding import Task
from .declaration import Declaration, Signature, effect, task
from .outcomes import BadArguments, GiveUp, Later, LostLease, NotInTransaction, UnknownEffect
from .recording import Owed, gather, owe, record, run_now
from .retry import tries_over
from .running import Running, current
from .scheduling import schedule

__all__ = [
    "BadArguments",
    "Declaration",
    "GiveUp",
    "Later",
    "LostLease",
    "NotInTransaction",
    "Owed",
    "Running",
    "Signature",
    "Task",
    "UnknownEffect",
    "current",
    "effect",
    "gather",
    "owe",
    "record",
    "run_now",
    "schedule",
    "task",
    "tries_over",
]
