"""What feed readers know a post by."""

from __future__ import annotations

from uuid import uuid4


def new_guid() -> str:
    """Return an id that no other post has, and that says nothing of the site's address: that may change (RFC 4287 4.2.6)."""
    return uuid4().urn
