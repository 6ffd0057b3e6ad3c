from django.apps import AppConfig
from django.core.checks import Tags, register

from app.site.checks import pages_are_served
from app.site.deploy_checks import site_is_safe_in_public


class SiteConfig(AppConfig):
    name = "app.site"
    label = "site"

    def ready(self) -> None:
        register(pages_are_served, Tags.urls)
        register(site_is_safe_in_public, Tags.security, deploy=True)
