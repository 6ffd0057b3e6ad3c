from django.apps import AppConfig

from app.site.pages import SUBSCRIBE, serve


class NewsletterConfig(AppConfig):
    name = "app.newsletter"
    label = "newsletter"

    def ready(self) -> None:
        serve(SUBSCRIBE, "subscribe")
