"""The ledger: what is owed, who runs it, how it ended.

A folder that can be lifted out: Django and the standard library, and one file (celery.py) that knows Celery.
"""

from owed.outcomes import BadArguments, GiveUp, Later, LostLease, NotInTransaction, UnknownEffect
from owed.recording import Owed, gather, record
from owed.running import Running, current

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
