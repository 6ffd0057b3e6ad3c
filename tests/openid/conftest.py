"""A reader, and a site that knows a provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.openid.provider import CLIENT, SECRET, Provider, running
from tests.web.fixtures import author, reader

__all__ = ["author", "reader"]


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with running() as it:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = it.issuer, CLIENT, SECRET
        settings.OIDC_NAME, settings.SITE_URL = "Example ID", "http://testserver"
        settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
        yield it
