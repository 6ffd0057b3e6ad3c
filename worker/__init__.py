"""The consuming process: the Celery application and what lives beside it."""

from worker.celery import app as celery

__all__ = ["celery"]
