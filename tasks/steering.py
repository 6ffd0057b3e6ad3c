"""Control-flow exceptions of a worker are not a handler's failure: the signal manager lets them pass."""

from celery.exceptions import Ignore, Reject, Retry, SoftTimeLimitExceeded

from app.dispatch import signal_manager
from owed import GiveUp, Later

signal_manager.let_pass(Retry, Ignore, Reject, SoftTimeLimitExceeded, Later, GiveUp)
