"""A browser that goes to the provider and comes back."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from django.test import Client

from app.accounts.models import User
from app.openid.models import Identity
from tests.openid.provider import Provider

CALLBACK = "/login/openid/callback/"


def leave(client: Client, path: str = "/login/openid/", **fields: str) -> str:
    """Press the button. Return where the page leads to."""
    page = client.post(path, fields)
    assert page.status_code == 200, page.get("Location")
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def back_from(url: str) -> str:
    """Sign in at the provider. Return the address, on the site, that it leads back to."""
    back = urlsplit(httpx.get(url, follow_redirects=False).headers["location"])
    assert (back.netloc, back.path) == ("testserver", CALLBACK)
    return f"{back.path}?{back.query}"


def go(client: Client, path: str = "/login/openid/", **fields: str) -> Any:
    """Go there and back. Return the site's answer to what the provider says."""
    return client.get(back_from(leave(client, path, **fields)))


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def linked(user: User, provider: Provider, subject: str = "sub-1") -> Identity:
    return Identity.objects.create(user=user, issuer=provider.issuer, subject=subject)


def said(client: Client, answer: Any) -> str:
    """Follow redirects to the page that says what happened."""
    return str(client.get(answer["Location"], follow=True).content.decode())
