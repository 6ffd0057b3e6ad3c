from importlib import import_module

from django.apps import AppConfig


class EffectsConfig(AppConfig):
    name = "app.effects"
    label = "effects"

    def ready(self) -> None:
        for module in ("checks", "logs"):
            import_module(f"app.effects.{module}")
