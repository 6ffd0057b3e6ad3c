"""Lists of links, as `{"label": ..., "url": ...}`: navigation, footer, profiles on other sites."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from app.site import limits

Link = dict[str, str]

MOST = 20
LABEL = 50
ADDRESS = 500
OF_THE_WEB = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


def validate_links(links: Any) -> None:
    """Raise ValidationError with what is wrong and where."""
    if not isinstance(links, list) or not all(_is_link(each) for each in links):
        raise ValidationError(_("Give a list of links, each with a label and an address."))
    if len(links) > MOST:
        raise ValidationError(_("Give at most %(most)s links.") % {"most": MOST})
    for link in links:
        _validate(link["label"], link["url"])


def read(lines: str) -> list[Link]:
    """Return the links of lines such as `About | /about/`. Raises ValidationError."""
    links = []
    for number, line in enumerate(lines.splitlines(), start=1):
        label, bar, url = line.rpartition("|")
        if line.strip() and not bar:
            raise ValidationError(_("Line %(number)s: write a label, a bar, and an address.") % {"number": number})
        if line.strip():
            links.append({"label": label.strip(), "url": url.strip()})
    return links


def written(links: list[Link]) -> str:
    """Return one line for each link."""
    return "\n".join(f"{each['label']} | {each['url']}" for each in links)


def _is_link(link: Any) -> bool:
    return isinstance(link, dict) and link.keys() == {"label", "url"} and all(isinstance(each, str) for each in link.values())


def _validate(label: str, url: str) -> None:
    if not limits.shows(label) or len(label) > LABEL:
        raise ValidationError(_("A label has 1 to %(most)s characters.") % {"most": LABEL})
    if not is_address(url):
        text = _("“%(url)s” is not an address. Begin with / for a page of this site, or with https://.")
        raise ValidationError(text % {"url": url[:100]})


def is_address(url: str) -> bool:
    """Return whether it is a page of this site, of the web, or an email address after `mailto:`."""
    if UNSEEN.search(url) or len(url) > ADDRESS:
        return False
    if url.startswith("/"):
        return not url.startswith("//")
    if url.lower().startswith("mailto:"):
        return "@" in url
    return bool(OF_THE_WEB.match(url)) and _has_host(url)


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
