"""Additions to django.dispatch: the signal manager and the cache invalidator."""

from app.dispatch.durable import NameNeeded, NameTaken, NoLedger
from app.dispatch.invalidation import get_cache_keys_for_post, signal_cache_invalidator
from app.dispatch.manager import SignalManager, UnknownSignal, WrongSignature, signal_manager
from app.dispatch.serializing import CannotTravel

__all__ = [
    "CannotTravel",
    "NameNeeded",
    "NameTaken",
    "NoLedger",
    "SignalManager",
    "UnknownSignal",
    "WrongSignature",
    "get_cache_keys_for_post",
    "signal_cache_invalidator",
    "signal_manager",
]
