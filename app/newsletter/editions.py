"""Posts as letters, compiled once and kept by this process while they are fresh."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils.translation import get_language

from app.mail.compiled import Compiled
from app.newsletter.letters import post_context, post_letter

FRESH = 10.0
"""Seconds after which a letter is compiled again: it shows more than the post, such as its author's name."""
Version = tuple[int, str, datetime]
"""A post's id, guid and last change."""


class Editions:
    """The last letter that was compiled; a worker seldom mails two posts at a time."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._since = 0.0
        self._compiled: Compiled | None = None

    def of(self, post: Version) -> Compiled:
        """Return the letter with this version of the post."""
        key = (*post, settings.SITE_URL, settings.SITE_NAME, settings.DEFAULT_FROM_EMAIL, get_language())
        compiled = self._compiled
        if compiled is None or key != self._key or time.monotonic() - self._since > FRESH:
            self._compiled = compiled = compile_post(post[0])
            self._key, self._since = key, time.monotonic()
        return compiled


def compile_post(post_id: int) -> Compiled:
    """Return the letter with this post as it is now. Raises BadMessage where no mail can carry it."""
    return Compiled(partial(post_letter, post_context(post_id)))


EDITIONS = Editions()
