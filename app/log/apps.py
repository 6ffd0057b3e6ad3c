from django.apps import AppConfig


class LogConfig(AppConfig):
    name = "app.log"
    label = "log"
