from importlib import import_module

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    name = "worker"

    def ready(self) -> None:
        """Connect what runs beside Celery; it does nothing outside a worker."""
        import_module("worker.lifecycle")
