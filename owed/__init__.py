"""The ledger: what is owed, who runs it, how it ended.

A folder that can be lifted out: Django and the standard library, and one file (celery.py) that knows Celery.
"""

from .binding import Task
from .declaration import Declaration, Signature, effect, task
from .outcomes import BadArguments, GiveUp, Later, LostLease, NotInTransaction, UnknownEffect
from .recording import Owed, gather, owe, record
from .running import Running, current

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
    "task",
]
