"""Addresses in a post that is read away from its page: in feeds and mails."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

from app.blog.plain_text import escaped

TAG = re.compile(r"""<[a-zA-Z](?:"[^"]*"|[^">])*>""")
ADDRESS = re.compile(r'(\s(?:href|src|cite|poster)=")([^"]*)(")')
INSECURE = re.compile(r"""<img(?:"[^"]*"|[^">])*?\ssrc="(http://[^"]*)\"""", re.IGNORECASE)


def with_absolute_addresses(markup: str, base: str) -> str:
    """Make each address in sanitised HTML, which quotes every attribute, absolute."""

    def join(match: re.Match[str]) -> str:
        return f"{match[1]}{_joined(base, match[2])}{match[3]}"

    return TAG.sub(lambda tag: ADDRESS.sub(join, tag[0]), markup)


def pictures_over_http(markup: str) -> list[str]:
    """Return the addresses of pictures at http://…: a page by https cannot show those of a host that has no https."""
    return list(dict.fromkeys(html.unescape(address) for address in INSECURE.findall(markup)))


def _joined(base: str, address: str) -> str:
    if address.startswith("//"):
        return f"https:{address}"  # whatever scheme this site has: a mail has none
    try:
        return escaped(urljoin(base, html.unescape(address)))
    except ValueError:
        return address
