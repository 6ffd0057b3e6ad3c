from importlib import import_module

from django.apps import AppConfig


class EffectsConfig(AppConfig):
    name = "owed"
    label = "effects"

    def ready(self) -> None:
        for module in ("checks", "logs"):
            import_module(f"owed.{module}")
