from importlib import import_module

from django.apps import AppConfig


class SocialConfig(AppConfig):
    name = "app.social"
    label = "social"

    def ready(self) -> None:
        import_module("app.social.checks")
        import_module("app.social.discards").connect()
