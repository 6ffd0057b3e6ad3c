from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "app.stats"
    label = "stats"
