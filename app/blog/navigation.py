"""Links to pages in the head and at the foot of the site. The settings of the publication are the one place that has them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from app.blog.models.page import Page
from app.site import current
from app.site.links import Link
from app.site.models import SiteSettings
from app.site.pages import ARCHIVE, SEARCH, SUBSCRIBE
from app.site.speaking import speaking

FEEDS = (("RSS", "/rss.xml"), ("Atom", "/atom.xml"), ("JSON Feed", "/feed.json"))


def places(url: str) -> tuple[bool, bool]:
    """Return whether the head and the foot link to this address."""
    row = SiteSettings.stored()
    return _has(row.navigation, url), _has(row.footer, url)


def link(page: Page, *, before: str, head: bool, foot: bool) -> None:
    """Let head and foot link to the page or not; `before` is the address that it had. A label that a person wrote stays."""
    row, urls = SiteSettings.stored(), {before, page.get_absolute_url()}
    # The labels are stored for readers: they do not speak the language of the writer's studio.
    with speaking():
        usual_head, usual_foot = _usual_head(), _usual_foot()
    current.change(
        navigation=_linked(row.navigation or usual_head, page, urls) if head else _without(row.navigation, urls),
        footer=_linked(row.footer or usual_foot, page, urls) if foot else _without(row.footer, urls),
    )


def unlink(url: str) -> None:
    """Take the links to this address away."""
    row = SiteSettings.stored()
    current.change(navigation=_without(row.navigation, {url}), footer=_without(row.footer, {url}))


def _has(links: list[Link], url: str) -> bool:
    return bool(url) and any(each["url"] == url for each in links)


def _without(links: list[Link], urls: set[str]) -> list[Link]:
    return [each for each in links if each["url"] not in urls]


def _linked(links: list[Link], page: Page, urls: set[str]) -> list[Link]:
    url = page.get_absolute_url()
    if any(each["url"] in urls for each in links):
        return [{**each, "url": url} if each["url"] in urls else each for each in links]
    return [*links, {"label": page.title[:50], "url": url}]


def _usual_head() -> list[Link]:
    """Return the links that a page has where none are set: a first page is added to them."""
    return [{"label": _("Archive"), "url": ARCHIVE.url()}, {"label": _("Search"), "url": SEARCH.url()}]


def _usual_foot() -> list[Link]:
    feeds = [{"label": label, "url": url} for label, url in FEEDS]
    return [{"label": _("Email"), "url": SUBSCRIBE.url()}, *feeds, {"label": _("Archive"), "url": ARCHIVE.url()}]
