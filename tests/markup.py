"""Look at a page without the white space that templates are indented with."""

from __future__ import annotations

import re


def squeezed(page: bytes) -> str:
    """Return the markup on one line, with no white space beside a tag or at its end."""
    return re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+", " ", page.decode()))
