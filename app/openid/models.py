"""Who a person is at the provider. Names and addresses change there; issuer and subject together never do."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

LONGEST = 255
"""OpenID Connect Core 2: a subject has at most 255 characters."""


class Identity(models.Model):
    """An account at the provider that signs its owner in here."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=LONGEST)
    subject = models.CharField(max_length=LONGEST)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "identities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_opens_one_account"),
            models.UniqueConstraint(fields=["user", "issuer"], name="identity_one_of_an_issuer"),
        ]

    def __str__(self) -> str:
        return f"identity {self.pk} of user {self.user_id}"
