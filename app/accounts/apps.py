from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "app.accounts"
    label = "accounts"

    def ready(self) -> None:
        import_module("app.accounts.sign_in_log").connect()
