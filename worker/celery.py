"""The Celery application of web, worker, beat and Flower."""

import os

from celery import Celery
from django.conf import settings

from owed.celery import publish_with
from worker import queues

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _timeouts(url: str) -> dict[str, float]:
    """Return how long the worker waits for its broker, as the kind of broker names it. Seconds."""
    if url.startswith("amqp"):
        return {"read_timeout": 5, "write_timeout": 5}
    return {"socket_connect_timeout": 2, "socket_timeout": 5, "health_check_interval": 10}


app = Celery("afterword")
# Not config_from_object("django.conf:settings"): Flower, its API and `celery inspect conf` show all that Celery was configured
# with, and Django's settings hold the secret key and the passwords of the database, of mail and of Flower.
# When Celery is first used, not at this import: the tests start their servers before Django reads its settings.
app.add_defaults(
    lambda: {"broker_url": settings.CELERY_BROKER_URL, "broker_transport_options": _timeouts(settings.CELERY_BROKER_URL)}
)
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    result_accept_content=["json"],
    enable_utc=True,
    timezone="UTC",
    # The ledger redelivers, so a message is acknowledged when it is taken.
    task_acks_late=False,
    task_default_queue=queues.DEFAULT,
    task_queues=queues.QUEUES,
    task_routes=(queues.route,),
    task_create_missing_queues=False,
    # The outcome of each hint is stored with its name; a message carries no argument that could be.
    result_backend="django-db",
    result_extended=True,
    task_track_started=False,
    task_ignore_result=False,
    result_expires=None,
    # Flower needs events; the sent event would need a broker connection in the request.
    worker_send_task_events=True,
    task_send_sent_event=False,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=10_000,
    worker_soft_shutdown_timeout=10.0,
    worker_hijack_root_logger=False,
    # Seconds until a child that died is reported, and what its hint had not begun is rung again.
    worker_lost_wait=1.0,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # RabbitMQ's: a connection that went silent is found within two of them. With its own 60 s it takes minutes.
    broker_heartbeat=10,
    beat_scheduler="owed.beat:LedgerScheduler",
    # Without this Celery's Django fixup reconnects to the database before every task.
    CELERY_DB_REUSE_MAX=100_000,
)
publish_with(app)
