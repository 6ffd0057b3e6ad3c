"""The keys that the provider signs with, kept for some minutes: not each sign-in has to wait for them."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache

from app.openid.provider import FRESH, cache_key, fetch_json

AGAIN = 30
"""Seconds between two calls for newer keys."""


def current(url: str) -> dict[str, Any]:
    """Return the published keys. Raises SignInFailed."""
    kept = cache.get(cache_key("keys", url))
    return kept if isinstance(kept, dict) else _fetched(url)


def newer(url: str) -> dict[str, Any] | None:
    """Return keys fetched now, for a token that none of the kept ones signed. None where that was done a moment ago."""
    return _fetched(url) if cache.get(cache_key("fetched", url)) is None else None


def _fetched(url: str) -> dict[str, Any]:
    cache.set(cache_key("fetched", url), 1, AGAIN)
    published = fetch_json(url)
    cache.set(cache_key("keys", url), published, FRESH)
    return published
