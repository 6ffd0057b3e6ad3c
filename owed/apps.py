from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings


class OwedConfig(AppConfig):
    name = "owed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for module in ("checks", "logs"):
            import_module(f"owed.{module}")
        if find_spec("celery"):
            import_module("owed.worker").join_celery()
        _declare_django_tasks()


def _declare_django_tasks() -> None:
    """Let workers know the effects of each backend in TASKS, which Django makes only when a task is used."""
    backends = getattr(settings, "TASKS", {})
    ours = [alias for alias, backend in backends.items() if str(backend.get("BACKEND", "")).startswith("owed.")]
    if ours:
        import_module("owed.ledger_backend").make_backends(ours)
