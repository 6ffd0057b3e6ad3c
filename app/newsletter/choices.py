"""What is decided about the mailing of a post when it is published, and found again when its time comes."""

from __future__ import annotations

from dataclasses import dataclass

from app.newsletter import audience
from app.newsletter.audience import EVERYONE, Audience
from app.newsletter.errors import UnknownAudience
from app.newsletter.models import MailingChoice, MailingSettings
from app.newsletter.models.choice import Where
from owed import clock


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a writer asks for. `subject` empty: the title; `preview` empty: the beginning of the post."""

    where: str = Where.BOTH
    audience: Audience = EVERYONE
    subject: str = ""
    preview: str = ""

    @property
    def on_site(self) -> bool:
        return self.where != Where.EMAIL


def by_default() -> Wish:
    """Return what the publication does where no one says anything else.

    An audience that is not there any more mails no one: to mail everyone instead is not for a machine to decide.
    """
    defaults = MailingSettings.now()
    try:
        return Wish(where=defaults.where, audience=audience.read(defaults.audience))
    except UnknownAudience:
        return Wish(where=Where.SITE)


def choose(post_id: int, wish: Wish, *, by: int | None) -> None:
    """Keep what was decided, in the caller's transaction, which also publishes the post or plans it."""
    facts = {
        "is_mailed": wish.where != Where.SITE,
        "key": wish.audience.key,
        "filters": dict(wish.audience.filters),
        "audience": wish.audience.name,
        "subject": wish.subject,
        "preview": wish.preview,
        "chosen_by_id": by,
        "chosen_at": clock.now(),
    }
    MailingChoice.objects.update_or_create(post_id=post_id, defaults=facts)


def choice_for(post_id: int) -> MailingChoice:
    """Return what was decided about a post, or what the publication does otherwise; that one is not stored."""
    stored = MailingChoice.objects.filter(post_id=post_id).first()
    return stored or _from(post_id, by_default())


def where_by_default(post_id: int) -> bool | None:
    """Return whether a post goes on the site if whoever publishes it does not say; None: as was decided for this post."""
    return None if MailingChoice.objects.filter(post_id=post_id).exists() else by_default().on_site


def _from(post_id: int, wish: Wish) -> MailingChoice:
    return MailingChoice(
        post_id=post_id,
        is_mailed=wish.where != Where.SITE,
        filters=dict(wish.audience.filters),
        audience=wish.audience.name,
    )
