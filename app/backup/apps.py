from importlib import import_module

from django.apps import AppConfig


class BackupConfig(AppConfig):
    name = "app.backup"
    label = "backup"

    def ready(self) -> None:
        import_module("app.backup.checks")
        import_module("app.backup.channels").connect()
        planned = import_module("app.blog.planned")
        planned.ask_for_restores(import_module("app.backup.models").Restore.objects.last_moment)
