"""How long text that was never saved, and links to drafts, are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from app.blog.models import PreviewLink, WorkingCopy

UNSAVED = timedelta(days=365)
ENDED_LINKS = timedelta(days=90)


def forget_writing(now: datetime) -> int:
    """Remove what was typed and left for a year, and links that ended 90 days ago. Return how many rows went."""
    copies, _ = WorkingCopy.objects.filter(saved_at__lt=now - UNSAVED).delete()
    ended = now - ENDED_LINKS
    links, _ = PreviewLink.objects.filter(Q(expires_at__lt=ended) | Q(revoked_at__lt=ended)).delete()
    return copies + links
