"""What a network is given to show of a post."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings

from app.blog.models import Post
from app.blog.plain_text import beginning, plain_text
from app.blog.truncation import shortened
from app.social.models import ShareChoice, SocialPost
from app.social.networks.base import Draft

WORDS = 50
TIMES = ("published_at", "updated_at")


def draft_of(row: SocialPost, post: Post) -> Draft:
    """Return the post as it is now."""
    return Draft(
        key=row.key,
        post_id=post.pk,
        revision=post.revision,
        url=settings.SITE_URL + post.get_absolute_url(),
        title=post.title,
        excerpt=post.excerpt or shortened(plain_text(beginning(post.content_html, 20_000)), words=WORDS),
        author=post.author.profile.name,
        published_at=post.published_at or post.created_at,
        updated_at=post.updated_at,
        tags=list(post.tags.order_by("name").values_list("name", flat=True)),
        picture=(post.cover.file.name or "") if post.cover else "",
        picture_alt=post.cover.alt if post.cover else "",
        wording=ShareChoice.objects.wording(post.pk, row.account_id),
    )


def remembered(draft: Draft) -> dict[str, Any]:
    """Return the draft as JSON, to be kept with the row: a deleted post can still be withdrawn."""
    return {**asdict(draft), **{name: getattr(draft, name).isoformat() for name in TIMES}}


def recall(row: SocialPost) -> Draft:
    """Return what the network was last given."""
    return Draft(**{**row.shown, **{name: datetime.fromisoformat(row.shown[name]) for name in TIMES}})
