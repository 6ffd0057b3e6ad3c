from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"

    def ready(self) -> None:
        """Import every task and receiver, the same in web, worker, shell and tests."""
        # Receivers must be connected wherever a post can change: a shell that lacks them would owe nothing, silently.
        for module in iter_modules([str(Path(__file__).parent)]):
            import_module(f"tasks.{module.name}")
