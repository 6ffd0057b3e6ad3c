"""What a writer decided about sharing a post."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

WORDING = 2000
"""Characters of a text for one network, before the network's own limit cuts it."""


class ShareChoices(models.Manager["ShareChoice"]):
    def choose(self, post_id: int, wording: dict[int, str]) -> None:
        """Share the post through these accounts alone, each with its text. Call it in the transaction that publishes."""
        texts = {str(account_id): text for account_id, text in wording.items() if text}
        self.update_or_create(post_id=post_id, defaults={"accounts": sorted(wording), "wording": texts})

    def includes(self, post_id: int, account_id: int) -> bool:
        """Return whether a post is meant for an account; every post is, where no one decided."""
        chosen = self.filter(post_id=post_id).first()
        return chosen is None or account_id in chosen.accounts

    def wording(self, post_id: int, account_id: int) -> str:
        """Return the text that was written for this account, or nothing."""
        chosen = self.filter(post_id=post_id).first()
        return str(chosen.wording.get(str(account_id), "")) if chosen else ""


class ShareChoice(models.Model):
    """Through which accounts a post is shared, and with which texts. A post without a row is shared by all."""

    post = models.OneToOneField("blog.Post", on_delete=models.CASCADE, related_name="share_choice")
    accounts = ArrayField(models.BigIntegerField(), default=list)
    wording = models.JSONField(default=dict)

    objects: ClassVar[ShareChoices] = ShareChoices()

    def __str__(self) -> str:
        return f"choice for post {self.post_id}"
