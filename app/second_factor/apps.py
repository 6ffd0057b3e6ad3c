from importlib import import_module

from django.apps import AppConfig

from app.site.pages import SECOND_FACTOR, serve


class SecondFactorConfig(AppConfig):
    name = "app.second_factor"
    label = "second_factor"

    def ready(self) -> None:
        import_module("app.second_factor.notice")
        import_module("app.second_factor.session").connect()
        serve(SECOND_FACTOR, "second_factor")
