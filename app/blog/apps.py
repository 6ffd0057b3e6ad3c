from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "app.blog"
    label = "blog"

    def ready(self) -> None:
        """Connect what this room itself must notice."""
        from app.blog import deletion, renames

        deletion.connect()
        renames.connect()
