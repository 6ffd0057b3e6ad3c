from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "app.feeds"
    label = "feeds"
