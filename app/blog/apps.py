from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "app.blog"
    label = "blog"

    def ready(self) -> None:
        """Connect what this room itself must notice."""
        from app.blog import bio, deletion, renames

        bio.connect()
        deletion.connect()
        renames.connect()
