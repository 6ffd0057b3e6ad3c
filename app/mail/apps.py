from django.apps import AppConfig
from django.core.checks import register


class MailConfig(AppConfig):
    name = "app.mail"
    label = "mail"

    def ready(self) -> None:
        from app.mail.checks import dkim_keys_are_usable, provider_can_report

        register(dkim_keys_are_usable)
        register(provider_can_report)
