from importlib import import_module

from django.apps import AppConfig


class TeamConfig(AppConfig):
    name = "app.team"
    label = "team"

    def ready(self) -> None:
        from app.notices import kinds
        from app.openid.newcomers import admit_by
        from app.team.acceptance import accept_without_password

        kinds.discover("app.team.kinds")
        admit_by(accept_without_password)
        import_module("app.team.discards").connect()
        import_module("app.team.log_receivers").connect()
