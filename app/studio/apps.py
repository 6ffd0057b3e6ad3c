from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "app.studio"
    label = "studio"
