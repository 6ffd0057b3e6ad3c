"""A reader who signs in with an app, and the site at an address at which browsers have passkeys."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from app.accounts.models import User
from tests.second_factor.signing import with_app
from tests.sinks import smtp_sink
from tests.web.fixtures import author, reader

__all__ = ["author", "reader", "smtp_sink"]


@pytest.fixture
def secret(reader: User) -> str:
    """Return the secret of the reader's app, which has just been set up."""
    return with_app(reader)


@pytest.fixture
def named_site(settings: Settings) -> str:
    settings.SITE_URL = "http://localhost:8000"
    return settings.SITE_URL
