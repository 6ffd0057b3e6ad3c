"""System check: the keys that sign mail can be used."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from app.mail.dkim_keys import BadKey, signing_keys


def dkim_keys_are_usable(**kwargs: Any) -> list[CheckMessage]:
    try:
        signing_keys()
    except BadKey as error:
        hint = "DKIM_KEYS is selector:file or selector:base64, with commas; `manage.py dkim_key` makes one."
        return [Error(f"DKIM_KEYS: {error}", hint=hint, id="mail.E001")]
    return []
