from importlib import import_module

from django.apps import AppConfig

MODULES = ("email", "feeds", "social", "search", "cache", "stats", "media", "upkeep", "receivers")


class TasksConfig(AppConfig):
    name = "tasks"

    def ready(self) -> None:
        """Import every task and receiver, the same in web, worker, shell and tests."""
        for module in MODULES:
            import_module(f"tasks.{module}")
        import_module("tasks.checks")
        import_module("tasks.steering")
        import_module("tasks.handlers")
