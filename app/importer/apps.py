from django.apps import AppConfig


class ImporterConfig(AppConfig):
    name = "app.importer"
    label = "importer"
