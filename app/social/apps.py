from django.apps import AppConfig


class SocialConfig(AppConfig):
    name = "app.social"
    label = "social"
