from django.apps import AppConfig


class ExporterConfig(AppConfig):
    name = "app.exporter"
    label = "exporter"
