from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register


class NoticesConfig(AppConfig):
    name = "app.notices"
    label = "notices"

    def ready(self) -> None:
        from app.notices import kinds
        from app.notices.checks import kinds_have_templates

        kinds.discover("app.notices.kinds")
        register(kinds_have_templates)
        import_module("app.notices.discards").connect()
