from importlib import import_module

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "app.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        import_module("app.webhooks.noting").connect()
        import_module("app.webhooks.discards").connect()
        import_module("app.webhooks.dead_calls").connect()
