from importlib import import_module

from django.apps import AppConfig


class TeamConfig(AppConfig):
    name = "app.team"
    label = "team"

    def ready(self) -> None:
        from app.notices import kinds

        kinds.discover("app.team.kinds")
        import_module("app.team.discards").connect()
        import_module("app.team.log_receivers").connect()
