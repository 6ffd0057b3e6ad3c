"""Who a newsletter comes from, whom a reply reaches, and the postal address that many countries ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from app.accounts.models import User
from app.mail.sender import named, sender_name
from app.newsletter.models import MailingSettings


@dataclass(frozen=True, kw_only=True)
class Identity:
    """`sender` is `Name <address>`; `headers` say where a reply goes."""

    sender: str
    headers: Mapping[str, str] = field(default_factory=dict)
    postal_address: str = ""


def identity(author: User | None = None) -> Identity:
    """Return what the mailings of the publication have, or those of a post of this author."""
    chosen = MailingSettings.now()
    name = chosen.sender_name or sender_name()
    if author is not None and chosen.names_author:
        name = _("%(author)s at %(site)s") % {"author": author.profile.name, "site": name}
    replies_to = (_author_address(author) if chosen.replies_to_author else "") or chosen.reply_to
    return Identity(
        sender=named(name),
        headers={"Reply-To": replies_to} if replies_to else {},
        postal_address=chosen.postal_address,
    )


def _author_address(author: User | None) -> str:
    """Return the author's own address, confirmed and in ASCII: other scripts need servers that know them."""
    if author is None or author.has_unconfirmed_address or not author.email.isascii():
        return ""
    return author.email
