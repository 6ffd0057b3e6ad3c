from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "app.newsletter"
    label = "newsletter"
