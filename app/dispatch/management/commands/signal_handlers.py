"""`manage.py signal_handlers`: what the signal manager runs on which signal."""

from typing import Any

from django.core.management.base import BaseCommand

from app.dispatch import signal_manager


class Command(BaseCommand):
    help = "List what the signal manager runs on which signal; the same in every process of the site."

    def handle(self, **options: Any) -> None:
        for signal, handler, error_handler, effect in signal_manager.handlers():
            self.stdout.write(f"{signal}  {handler}  {error_handler or '-'}  {effect or '-'}")
