"""The mail that welcomes a reader who has just confirmed, where the publication wants one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from app.mail.submission import Submission
from app.newsletter import effects
from app.newsletter.models.choice import MailingSettings
from app.newsletter.models.subscriber import Subscriber
from owed import owe


class Greetings(models.Manager["Greeting"]):
    def owe_once(self, subscriber: Subscriber) -> None:
        """Owe the welcome, where the publication has one: once in the life of a subscriber, however often they come back."""
        if not MailingSettings.now().welcomes:
            return
        greeting, is_new = self.get_or_create(subscriber=subscriber)
        if is_new:
            owe(effects.greet.si(greeting_id=greeting.pk), about=subscriber)


class Greeting(Submission):
    """One welcome to one reader."""

    subscriber = models.OneToOneField(Subscriber, on_delete=models.CASCADE, related_name="greeting")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Greetings] = Greetings()

    def __str__(self) -> str:
        return f"greeting {self.pk}"
