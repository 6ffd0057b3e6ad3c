"""What the mail check found, one verdict a line, with what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy

from app.mail.verdict_texts import TEXTS


class Level(models.TextChoices):
    GOOD = "good", gettext_lazy("Good")
    WARNING = "warning", gettext_lazy("Look at it")
    BAD = "bad", gettext_lazy("Change it")
    UNKNOWN = "unknown", gettext_lazy("Not known")


class Subject(models.TextChoices):
    SERVER = "server", gettext_lazy("Mail server")
    SPF = "spf", gettext_lazy("SPF")
    DKIM = "dkim", gettext_lazy("DKIM")
    DMARC = "dmarc", gettext_lazy("DMARC")
    PTR = "ptr", gettext_lazy("Reverse DNS")
    UNSUBSCRIBE = "unsubscribe", gettext_lazy("Unsubscribing")
    BOUNCES = "bounces", gettext_lazy("Bounces")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`code` names the sentence; `facts` fill it: domains, hosts, records, never an address of a person."""

    subject: Subject
    level: Level
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(TEXTS[self.code][0]) % self.facts

    @property
    def change(self) -> str:
        """What to do; empty where nothing is to be done."""
        return str(TEXTS[self.code][1]) % self.facts
