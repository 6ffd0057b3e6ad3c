"""After a new SECRET_KEY: encrypt the secrets of authenticator apps with it, so that the fallback can go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from app.second_factor.models import Authenticator
from app.site.encryption import CannotDecrypt


class Command(BaseCommand):
    help = "Encrypt the secrets of all authenticator apps with the current SECRET_KEY, and list those that no key opens."

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        for app in Authenticator.objects.select_related("user").order_by("pk"):
            try:
                app.reencrypt()
                number += 1
            except CannotDecrypt:
                self.stderr.write(
                    f"The secret of {app.user.username} opens with no key. `team --reset-second-factor` removes it."
                )
        self.stdout.write(f"{number} secrets are encrypted with the current key.")
