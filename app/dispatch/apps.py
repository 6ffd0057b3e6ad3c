from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "app.dispatch"
    label = "dispatch"
