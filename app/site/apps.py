from django.apps import AppConfig
from django.core.checks import Tags, register

from app.site.checks import pages_are_served


class SiteConfig(AppConfig):
    name = "app.site"
    label = "site"

    def ready(self) -> None:
        register(pages_are_served, Tags.urls)
