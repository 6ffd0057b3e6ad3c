from importlib import import_module

from django.apps import AppConfig


class OwedConfig(AppConfig):
    name = "owed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for module in ("checks", "logs"):
            import_module(f"owed.{module}")
