"""System checks: the keys that sign mail can be used, and the reports of a provider read."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from app.mail.dkim_keys import BadKey, signing_keys


def dkim_keys_are_usable(**kwargs: Any) -> list[CheckMessage]:
    try:
        signing_keys()
    except BadKey as error:
        hint = "DKIM_KEYS is selector:file or selector:base64, with commas; `manage.py dkim_key` makes one."
        return [Error(f"DKIM_KEYS: {error}", hint=hint, id="mail.E001")]
    return []


def provider_can_report(**kwargs: Any) -> list[CheckMessage]:
    if settings.MAIL_EVENTS and find_spec("anymail") is None:
        return [Error("MAIL_EVENTS needs django-anymail.", hint="pip install 'django-anymail>=15,<16'", id="mail.E002")]
    return []
