from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "app.audit"
    label = "audit"

    def ready(self) -> None:
        import_module("app.audit.sums").connect()
