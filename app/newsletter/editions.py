"""Posts as letters, compiled once and kept by this process while they are fresh."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils.translation import get_language

from app.mail.compiled import Compiled
from app.newsletter.letters import post_context, post_letter, worded
from app.site.current import site

FRESH = 10.0
"""Seconds after which a letter is compiled again: it shows more than the post, such as its author's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What a mailing sends: a post as it was changed last, under the subject and the preview text of the mailing."""

    post_id: int
    guid: str
    updated_at: datetime
    status: str
    subject: str
    preview: str


class Editions:
    """The last letter that was compiled; a worker seldom mails two posts at a time."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._since = 0.0
        self._compiled: Compiled | None = None

    def of(self, version: Version) -> Compiled:
        """Return the letter with this version."""
        key = (version, settings.SITE_URL, site().version, settings.DEFAULT_FROM_EMAIL, get_language())
        compiled = self._compiled
        if compiled is None or key != self._key or time.monotonic() - self._since > FRESH:
            self._compiled = compiled = compile_version(version)
            self._key, self._since = key, time.monotonic()
        return compiled


def compile_version(version: Version) -> Compiled:
    """Return the letter with the post as it is now. Raises BadMessage where no mail can carry it."""
    context = {**post_context(version.post_id), **worded(version.preview)}
    return Compiled(partial(post_letter, context, version.subject or context["post"].title))


EDITIONS = Editions()
