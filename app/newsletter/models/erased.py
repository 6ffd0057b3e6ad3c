"""Addresses that were erased, by their digests alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.utils import timezone

from app.newsletter.models.keys import digest


class ErasedAddresses(models.Manager["ErasedAddress"]):
    def remember(self, email: str) -> None:
        """Keep the digest of an address. Safe to do twice."""
        self.bulk_create([self.model(digest=_digest(email))], ignore_conflicts=True)

    def knows(self, email: str) -> bool:
        return bool(self.among([email]))

    def among(self, emails: Iterable[str]) -> set[str]:
        """Return those of these addresses that were erased. One query."""
        by_digest = {_digest(email): email for email in emails}
        found = self.filter(digest__in=by_digest).values_list("digest", flat=True)
        return {by_digest[each] for each in found}


class ErasedAddress(models.Model):
    """One address whose owner asked to be forgotten. A new SECRET_KEY makes these unreadable."""

    digest = models.CharField(max_length=64, unique=True)
    erased_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ErasedAddresses] = ErasedAddresses()

    class Meta:
        verbose_name_plural = "erased addresses"

    def __str__(self) -> str:
        return f"erased address {self.pk}"


def _digest(email: str) -> str:
    # Whole addresses in lower case: the same as the unique index on them.
    return digest(email.lower(), salt="newsletter.erased")
