from django.apps import AppConfig


class OutboundConfig(AppConfig):
    name = "app.outbound"
    label = "outbound"
