"""The effect functions of the tutorial that belong to this room, under its names."""

from __future__ import annotations

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.announcing import announce
from app.newsletter.forms import CONSENT
from app.newsletter.models import Send, Subscriber
from owed import clock


def send_publication_notifications(post: Post | int) -> Send | None:
    """Open the post's send to all confirmed readers; workers do the rest. Safe to do twice."""
    return announce(post if isinstance(post, int) else post.pk, now=clock.now())


def add_to_mailing_list(user: User | int, consent: str | None = None) -> None:
    """Ask the user's address whether it wants new posts; nothing is sent before it says so. Safe to do twice."""
    user = User.objects.get(pk=user) if isinstance(user, int) else user
    if user.email:
        Subscriber.objects.subscribe(user.email, source="account", consent=consent or str(CONSENT), user_id=user.pk)
