"""Speak a language for a while: mail has that of its reader, whatever the language of the request or worker that writes it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.utils import translation

from app.site.current import site


def speaking(language: str = "") -> AbstractContextManager[Any]:
    """Return a context in which texts, dates and numbers are of this language; of the publication's where it is empty."""
    return translation.override(language or site().language)
