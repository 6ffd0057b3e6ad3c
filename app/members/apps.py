from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "app.members"
    label = "members"
