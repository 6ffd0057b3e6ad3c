"""The ledger: what is owed, who runs it, how it ended.

A folder that can be lifted out: Django and the standard library, and one file (celery.py) that knows Celery.
"""

from app.effects.outcomes import BadArguments, GiveUp, Later, LostLease, NotInTransaction, UnknownEffect
from app.effects.recording import Owed, gather, record
from app.effects.running import Running, current

__all__ = [
    "BadArguments",
    "GiveUp",
    "Later",
    "LostLease",
    "NotInTransaction",
    "Owed",
    "Running",
    "UnknownEffect",
    "current",
    "gather",
    "record",
]
