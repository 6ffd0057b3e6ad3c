"""Make typed or imported text safe to store, or say what is wrong with it."""

from __future__ import annotations

import re
from unicodedata import category

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from app.blog.errors import ContentTooLong

CONTENT_LIMIT = 512 * 2**10
COMMENT_LIMIT = 10_000
TITLE_LIMIT = 200
# C0 and C1 controls but tab and newline, lone surrogates, the marks that turn the direction of a whole line, and noncharacters.
UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}
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
    if not _shows(line):
        raise ValidationError({"title": _("Enter a title.")})
    if len(line) > TITLE_LIMIT:
        raise ValidationError(
            {
                "title": _("The title has %(length)d characters; at most %(limit)d are accepted.")
                % {"length": len(line), "limit": TITLE_LIMIT}
            }
        )
    return line


def _shows(line: str) -> bool:
    """Return whether a reader sees anything of it: a title of zero-width characters would be a link to nowhere."""
    return any(category(char) not in UNSEEN for char in line)
