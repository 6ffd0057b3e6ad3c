from importlib import import_module

from django.apps import AppConfig

from app.site.pages import SUBSCRIBE, serve


class NewsletterConfig(AppConfig):
    name = "app.newsletter"
    label = "newsletter"

    def ready(self) -> None:
        import_module("app.newsletter.discards").connect()
        serve(SUBSCRIBE, "subscribe")
