"""Under which paths the pages of a post were, by the rules of its generator."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from django.utils.text import slugify

from app.blog.url_parts import url_parts
from app.importer.front_matter import Matter, text, words
from app.importer.readers.site_config import Generator, Site

JEKYLL_STYLES = {
    "": "/:categories/:year/:month/:day/:title.html",
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "weekdate": "/:categories/:year/W:week/:short_day/:title.html",
    "none": "/:categories/:title.html",
}
PLACEHOLDER = re.compile(r":\{?([a-z_]+)\}?(?:\[[^\]]*\])?")
REDIRECTS = ("redirect_from", "aliases", "alias", "redirects", "old_urls")


def old_urls(
    matter: Matter,
    path: PurePosixPath,
    site: Site,
    *,
    name: str,
    language: str,
    day: datetime | None,
    categories: Sequence[str],
) -> tuple[str, ...]:
    """Return the paths of the post on its old site, the certain ones first. `path` is relative to the site's folder."""
    facts = _Facts(path, name, text(matter, "slug"), language, day, categories)
    found = [*_explicit(matter, facts, site), *_by_rule(matter, facts, site)]
    prefix = url_parts(site.text("baseurl", "base_url", "root")).path.rstrip("/")
    prefixed = [f"{prefix}{each}" for each in found if prefix and each.startswith("/") and not each.startswith(f"{prefix}/")]
    return tuple(dict.fromkeys([*found, *prefixed]))


class _Facts:
    def __init__(
        self, path: PurePosixPath, name: str, slug: str, language: str, day: datetime | None, categories: Sequence[str]
    ) -> None:
        self.path, self.name, self.slug, self.language = path, name, slug or name, language
        self.day, self.categories = day, categories

    @property
    def folders(self) -> list[str]:
        """Return the folders of the content that the post is in; the folder of a bundle is its name, not its place."""
        parts = [
            part for part in self.path.parts[:-1] if part not in {"content", "_posts", "_drafts", "src", "source", "pages"}
        ]
        return parts[:-1] if self.path.name.startswith("index.") and parts else parts

    def filled(self, pattern: str) -> str:
        """Return a pattern such as `/:year/:title/` with its values, empty where one of them is not known."""
        path = PLACEHOLDER.sub(lambda match: self._value(match[1]), pattern)
        return "" if "\0" in path else re.sub(r"/{2,}", "/", path)

    def _value(self, name: str) -> str:
        day = self.day
        dated = {} if day is None else {
            "year": f"{day:%Y}", "short_year": f"{day:%y}", "month": f"{day:%m}", "i_month": str(day.month), "day": f"{day:%d}",
            "i_day": str(day.day), "y_day": f"{day:%j}", "yearday": str(int(f"{day:%j}")), "week": f"{day:%V}",
            "hour": f"{day:%H}", "short_day": f"{day:%a}".lower(), "short_month": f"{day:%b}".lower(),
            "long_month": f"{day:%B}".lower(),
            "minute": f"{day:%M}", "second": f"{day:%S}", "monthname": f"{day:%B}".lower(), "weekday": str(int(f"{day:%w}")),
        }  # fmt: skip
        section = self.folders[0] if self.folders else ""
        known = {
            "title": self.slug, "slug": self.slug, "name": self.name, "filename": self.name, "basename": self.name,
            "output_ext": ".html", "contentbasename": self.name, "slugorcontentbasename": self.slug,
            "slugorfilename": self.slug, "post_title": self.slug,
            "categories": "/".join(slugify(each) for each in self.categories), "collection": "posts", "section": section,
            "category": "/".join(slugify(each) for each in self.categories[:1]), "sections": "/".join(self.folders),
            "path": str(self.path.with_suffix("")),
        }  # fmt: skip
        return {**dated, **known}.get(name, "\0")


def _explicit(matter: Matter, facts: _Facts, site: Site) -> Iterator[str]:
    own = text(matter, "permalink", "url") if site.generator != Generator.ZOLA else text(matter, "path")
    if own.startswith(("/", "http")) or (own and ":" in own) or (own and "{" not in own and site.generator != Generator.HUGO):
        path = facts.filled(own) if not own.startswith("http") else own
        yield path if path.startswith(("/", "http")) else f"/{path}"
    if site.generator == Generator.DOCUSAURUS and text(matter, "slug").startswith("/"):
        yield f"/blog{text(matter, 'slug')}"
    folder = "/" + "/".join(facts.folders)
    for alias in words(matter, *REDIRECTS):
        yield alias if alias.startswith(("/", "http")) else f"{folder.rstrip('/')}/{alias}"


def _by_rule(matter: Matter, facts: _Facts, site: Site) -> Iterator[str]:
    if site.generator in {Generator.JEKYLL, Generator.HEXO} and "_posts" in facts.path.parts:
        default = "" if site.generator == Generator.JEKYLL else ":year/:month/:day/:title/"
        style = site.text("permalink") or default
        yield facts.filled("/" + JEKYLL_STYLES.get(style, style).lstrip("/"))
    elif site.generator == Generator.HUGO:
        yield from _hugo(facts, site)
    elif site.generator == Generator.ZOLA and facts.path.parts[:1] == ("content",):
        yield "/" + "/".join([*facts.folders, facts.slug]).lower() + "/"
    elif site.generator == Generator.ELEVENTY:
        yield "/" + "/".join([*facts.folders, facts.name]) + "/"
    elif site.generator == Generator.DOCUSAURUS and facts.day and facts.path.parts[:1] == ("blog",):
        yield facts.filled(f"/blog/:year/:month/:day/{facts.slug}".replace(":", ":"))


def _hugo(facts: _Facts, site: Site) -> Iterator[str]:
    language = (
        f"/{facts.language}" if facts.language and facts.language != (site.text("defaultcontentlanguage") or "en") else ""
    )
    rules = next((value for key, value in site.config.items() if str(key).lower() == "permalinks"), None)
    pages = rules.get("page") if isinstance(rules, dict) and isinstance(rules.get("page"), dict) else rules
    pattern = pages.get(facts.folders[0] if facts.folders else "") if isinstance(pages, dict) else None
    if isinstance(pattern, str):
        yield language + facts.filled("/" + pattern.lstrip("/"))
    else:
        yield language + "/" + "/".join([*facts.folders, facts.slug]).lower().replace(" ", "-") + "/"


def feed_guid(urls: Sequence[str], name: str, site: Site) -> str:
    """Return the id of a post in the feed that the generator writes, from the paths of its page; empty where it is unknown.

    Hugo takes the page's address; jekyll-feed its folder and the post's name, whatever the permalink says.
    """
    base = site.text("url" if site.generator == Generator.JEKYLL else "baseurl").rstrip("/")
    if site.generator == Generator.JEKYLL:
        base += f"/{site.text('baseurl').strip('/')}".rstrip("/")
    path = next((url for url in urls if url.startswith("/")), "")
    if not path or not base.startswith(("http://", "https://")):
        return ""
    if site.generator == Generator.HUGO:
        return f"{base}{path}"
    return f"{base}{posixpath.dirname(path.rstrip('/')).rstrip('/')}/{name}" if site.generator == Generator.JEKYLL else ""
