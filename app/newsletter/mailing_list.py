"""A member's wish to get new posts by email."""

from __future__ import annotations

from app.accounts.models import User
from app.newsletter.forms import CONSENT
from app.newsletter.models import Subscriber


def add_to_mailing_list(user: User | int, consent: str | None = None) -> None:
    """Ask the user's address whether it wants new posts; nothing is sent before it says so. Safe to do twice."""
    user = User.objects.get(pk=user) if isinstance(user, int) else user
    if user.email:
        Subscriber.objects.subscribe(user.email, source="account", consent=consent or str(CONSENT), user_id=user.pk)
