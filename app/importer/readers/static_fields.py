"""What the header of a post says: its title, authors, tags, category, cover and dates, by the names that generators use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any

from app.blog import languages
from app.importer.dates import midnight, parse_date, zone_named
from app.importer.front_matter import Matter, is_false, is_true, lowered, people, text, words
from app.importer.readers.site_config import Generator, Site
from app.importer.source import CannotRead, SourceAuthor
from app.importer.text import human_name, one_line

DATES = ("date", "published_at", "pubdate", "published", "published_date", "publish_date", "created", "created_at", "datetime")
PUBLISH_DATES = ("publishdate", "publish_date", "publishat", "publish_at")
AUTHORS = ("authors", "author", "author_name", "byline", "writer", "posted_by", "by", "co_authors", "coauthors")
EXCERPTS = ("excerpt", "description", "summary", "subtitle", "abstract", "lead")
COVERS = (
    "image", "cover", "featured_image", "featuredimage", "feature_image", "cover_image", "coverimage", "hero_image",
    "heroimage", "header_image", "hero", "banner", "thumbnail", "thumb", "teaser", "feature", "featured", "header",
    "og_image", "ogimage", "social_image", "socialimage", "preview", "images", "featured_img", "post_image",
)  # fmt: skip
COVER_PARTS = ("image", "path", "src", "url", "file", "feature", "overlay_image", "teaser", "relative")
SITE_LANGUAGES = ("languagecode", "lang", "language", "default_language", "defaultcontentlanguage", "locale")
ALTS = ("alt", "image_alt", "alt_text", "description", "caption", "title")
IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif|bmp|tiff?)(?:[?#].*)?\Z", re.I)


def zone_of(matter: Matter, site: Site) -> tzinfo:
    """Return the zone of dates that name none: the header's, the site's, else UTC."""
    name = text(matter, "timezone", "tz") or site.text("timezone")
    return zone_named(name) or UTC


def published_at(matter: Matter, in_name: datetime | None, zone: tzinfo, now: datetime) -> datetime | None:
    """Return when the post is, or will be, public. Hugo shows it from `publishDate` on, and says it is of `date`."""
    names = (name for name in DATES if not is_true(matter, name) and not is_false(matter, name))
    date = next((each for each in (parse_date(text(matter, name), zone) for name in names) if each), None) or in_name
    publish = next((each for each in (parse_date(text(matter, name), zone) for name in PUBLISH_DATES) if each), None)
    if publish is not None and (publish > now or date is None):
        return publish
    return date


def date_in_name(dated: re.Match[str] | None, zone: tzinfo) -> datetime | None:
    if dated is None:
        return None
    try:
        return midnight(datetime(int(dated[1]), int(dated[2]), int(dated[3]), tzinfo=zone).date(), zone)
    except ValueError as error:
        raise CannotRead(f"the date in the file's name is not one: {error}") from error


def language_of(matter: Matter, site: Site) -> str:
    """Return the language that the header names, else the site's, as a tag of BCP 47."""
    names = ("lang", "language", "locale")
    return languages.found(text(matter, *names)) or languages.found(site.text(*SITE_LANGUAGES))


def authors(matter: Matter, site: Site) -> tuple[SourceAuthor, ...]:
    extra = matter.get("extra")
    keys = people(matter, *AUTHORS) or (people(lowered(extra), *AUTHORS) if isinstance(extra, dict) else ())
    default = site.config.get("author") if not keys and site.generator in {Generator.JEKYLL, Generator.HEXO} else None
    keys = keys or people({"author": default} if isinstance(default, str | dict) else {}, "author")
    return tuple(SourceAuthor(key=key, name=one_line(site.people.get(key) or human_name(key))[:100]) for key in keys)


def tags_and_category(matter: Matter, path: PurePosixPath, site: Site) -> tuple[tuple[str, ...], str]:
    """Return the tags and the category. A post has one category here: more of them become tags."""
    named = _terms(matter, "tags", site, singular=("tag",)) + _terms(matter, "keywords", site)
    categories = [*_folders(path, site), *_terms(matter, "categories", site, singular=("category", "section"))]
    names = [name for each in (*named, *categories[1:]) if (name := one_line(each)[:100])]
    return tuple(dict.fromkeys(names)), one_line(categories[0])[:100] if categories else ""


def category_names(matter: Matter, path: PurePosixPath, site: Site) -> list[str]:
    return list(dict.fromkeys([*_folders(path, site), *_terms(matter, "categories", site, singular=("category",))]))


def _terms(matter: Matter, plural: str, site: Site, singular: tuple[str, ...] = ()) -> list[str]:
    """Return names of one kind. In Jekyll a singular one is one name, and a plural text is parted at spaces."""
    taxonomies = matter.get("taxonomies")
    matter = {**(lowered(taxonomies) if isinstance(taxonomies, dict) else {}), **matter}
    jekyll = site.generator == Generator.JEKYLL
    found = list(words(matter, *singular, split_on="" if jekyll else ","))
    value = matter.get(plural)
    if isinstance(value, dict):
        return [*found, *map(str, value)]
    return [*found, *words(matter, plural, split_on=r"\s+" if jekyll and isinstance(value, str) and "," not in value else ",")]


def _folders(path: PurePosixPath, site: Site) -> list[str]:
    """Return the folders above `_posts`, which are categories in Jekyll."""
    parts = path.parts
    if site.generator != Generator.JEKYLL or "_posts" not in parts:
        return []
    source = site.text("source").strip("./").split("/")
    return [part for part in parts[: parts.index("_posts")] if part not in {*source, "collections"}]


def excerpt_of(matter: Matter) -> str:
    return text(matter, *EXCERPTS)


def cover_of(matter: Matter) -> tuple[str, str]:
    """Return the URL of the cover and its alternative text, in any form that themes have for it."""
    for name in COVERS:
        url, alt = _cover(matter.get(name))
        if url and (IMAGE_NAME.search(url) or "://" in url or name in COVERS[:5]):
            names = (
                f"{name}_alt",
                f"{name}alt",
                f"{name}_alt_text",
                f"alt_{name}",
                "image_alt",
                "image_alt_text",
                "cover_alt",
                "alt",
            )
            return url, alt or text(matter, *names)
    extra = matter.get("extra")
    params = matter.get("params")
    inner = [lowered(each) for each in (extra, params) if isinstance(each, dict)]
    return next((found for each in inner if (found := cover_of(each))[0]), ("", ""))


def _cover(value: Any) -> tuple[str, str]:
    if isinstance(value, list):
        return next((found for each in value if (found := _cover(each))[0]), ("", ""))
    if isinstance(value, dict):
        parts = lowered(value)
        url = next((inner for name in COVER_PARTS if (inner := _cover(parts.get(name))[0])), "")
        return url, text(parts, *ALTS)
    shown = value.strip() if isinstance(value, str) else ""
    return ("", "") if shown.lower() in {"", "~", "null", "true", "false"} else (shown, "")


def leading_heading(body: str) -> Iterator[str]:
    """Yield the first heading of a text that begins with one, and the text behind it."""
    match = re.match(r"\s*#[ \t]+(?P<heading>[^\n]+?)[ \t#]*(?:\{[^{}\n]*\})?[ \t]*(?:\n|\Z)", body)
    if match:
        yield match["heading"]
        yield body[match.end() :]
