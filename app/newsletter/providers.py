"""The mail providers that report by webhook what became of a message, and how each is told which message it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from app.mail.return_path import proven

METADATA = "copy"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """`view` is anymail's, which checks and reads a report; `secured` makes its arguments of the secret.

    `header` is taken out by the provider, and comes back with each report; empty where reports have our Message-ID.
    """

    view: str
    secured: Callable[[str], dict[str, Any]]
    header: str = ""


PROVIDERS = {
    "mailgun": Provider(
        view="anymail.webhooks.mailgun.MailgunTrackingWebhookView", secured=lambda secret: {"webhook_signing_key": secret}
    ),
    "postmark": Provider(
        view="anymail.webhooks.postmark.PostmarkTrackingWebhookView",
        secured=lambda secret: {"webhook_secret": [secret]},
        header=f"X-PM-Metadata-{METADATA}: %s\r\n",
    ),
}


def chosen() -> tuple[str, str]:
    """Return the name of the provider in MAIL_EVENTS and its secret; both empty where it is not set."""
    name, _, secret = settings.MAIL_EVENTS.partition(":")
    return name, secret


def header_for(number: int, series: str = "") -> bytes:
    """Return the header that names a message to the provider, or nothing."""
    provider = PROVIDERS.get(chosen()[0])
    return (provider.header % proven(number, series)).encode() if provider and provider.header else b""
