"""Whom the site's mail comes from."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings

from app.mail.addresses import mailbox
from app.site.current import site


def sender_name() -> str:
    """Return the name that the operator gave with the address, or the publication's."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or site().name


def named(name: str) -> str:
    """Return `"name" <address>`, with the address of the site."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{mailbox(settings.DEFAULT_FROM_EMAIL)}>'


def sender() -> str:
    """Return the sender of mail that is not a newsletter."""
    return settings.DEFAULT_FROM_EMAIL if parseaddr(settings.DEFAULT_FROM_EMAIL)[0] else named(site().name)
