"""What steers a worker is no failure of a handler: the signal manager lets it pass."""

from celery.exceptions import Ignore, Reject, Retry, SoftTimeLimitExceeded

from app.dispatch import signal_manager
from owed import GiveUp, Later

signal_manager.let_pass(Retry, Ignore, Reject, SoftTimeLimitExceeded, Later, GiveUp)
