from importlib import import_module

from django.apps import AppConfig

from app.site.pages import ACCOUNT, SECOND_STEP, SIGN_IN, SIGN_OUT, serve

# Each holds its own kind of notice, with the rules when one is owed.
NOTICES = ("email_change", "email_confirmation", "password_changed", "password_reset")


class MembersConfig(AppConfig):
    name = "app.members"
    label = "members"

    def ready(self) -> None:
        for module in NOTICES:
            import_module(f"app.members.{module}")
        serve(ACCOUNT, "account")
        serve(SECOND_STEP, "second_step")
        serve(SIGN_IN, "login")
        serve(SIGN_OUT, "logout")
