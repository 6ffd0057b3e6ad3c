"""The composition root: environment, settings, URLs, entry points."""

from worker.celery import app as celery

__all__ = ["celery"]
