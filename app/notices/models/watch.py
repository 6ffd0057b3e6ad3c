"""Which editors want to hear of new drafts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from app.accounts.models import User


class Watches(models.Manager["Watch"]):
    def editors(self) -> models.QuerySet[User]:
        """Return the active editors who opted in."""
        return User.objects.editors().filter(watch__isnull=False).order_by("pk")


class Watch(models.Model):
    """An editor's subscription to notices of drafts."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Watches] = Watches()

    class Meta:
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"watch of user {self.user_id}"
