"""Make typed or imported text safe to store, or say what is wrong with it."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from app.blog.errors import ContentTooLong
from app.site import limits

CONTENT_LIMIT = 512 * 2**10
# C0 and C1 controls but tab and newline, lone surrogates, the marks that turn the direction of a whole line, and noncharacters.
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def clean(text: str, *, limit: int = CONTENT_LIMIT) -> str:
    """Return the text without control characters, lines ended by newline. Raises ContentTooLong; the limit is in bytes."""
    size = len(text.encode(errors="surrogatepass"))
    if size > limit:
        raise ContentTooLong(size, limit)
    return UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return the text on one line, without control characters, white space collapsed."""
    return UNWANTED.sub("", " ".join(text.split()))


def title(text: str) -> str:
    """Return a title fit to keep. Raises ValidationError when nothing is left, or too much."""
    line = one_line(text)
    if not limits.shows(line):
        raise ValidationError({"title": _("Enter a title.")})
    if len(line) > limits.TITLE:
        raise ValidationError(
            {
                "title": _("The title has %(length)d characters; at most %(limit)d are accepted.")
                % {"length": len(line), "limit": limits.TITLE}
            }
        )
    return line


def excerpt(text: str) -> str:
    """Return an excerpt fit to keep. Raises ValidationError when it is too long."""
    return _at_most(limits.EXCERPT, clean(text).strip(), "excerpt")


def comment(text: str) -> str:
    """Return a comment fit to keep. Raises ValidationError when nothing of it shows, or it is too long."""
    words = clean(text)
    if not limits.shows(words):
        raise ValidationError({"content": _("Write a comment.")})
    return _at_most(limits.COMMENT, words, "content")


def guest_name(text: str) -> str:
    """Return a name fit to keep, empty where none is given. Raises ValidationError when nothing of it shows."""
    name = one_line(text)[: limits.NAME]
    if text.strip() and not limits.shows(name):
        raise ValidationError({"guest_name": _("Enter a name.")})
    return name


def _at_most(limit: int, text: str, field: str) -> str:
    if len(text) > limit:
        sentence = _("The text has %(length)s characters; at most %(limit)s are accepted.")
        raise ValidationError({field: sentence % {"length": f"{len(text):,}", "limit": f"{limit:,}"}})
    return text
