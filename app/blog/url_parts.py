"""The parts of an address that a person or another system wrote."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

NOTHING = SplitResult("", "", "", "", "")


def url_parts(url: str) -> SplitResult:
    """Return the parts of a URL, all of them empty where it cannot be read: `urlsplit("http://[")` raises ValueError."""
    try:
        return urlsplit(url)
    except ValueError:
        return NOTHING
