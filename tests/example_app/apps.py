"""An app of somebody else's: what is published is printed, whatever happens, with no change to the core."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings


class ExampleConfig(AppConfig):
    name = "tests.example_app"

    def ready(self) -> None:
        from app.blog.signals import post_published
        from app.dispatch import signal_manager

        signal_manager.register_handler(post_published, print_post, durable=True, max_attempts=3)


def print_post(post: Any, **kwargs: Any) -> None:
    with (settings.DATA_DIR / "press" / "printed.txt").open("a") as paper:
        paper.write(f"{post.title}\n")
