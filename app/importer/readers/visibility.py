"""The marks by which generators keep a post from readers. Whatever is not surely public at its source stays a draft here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from app.importer.dates import parse_date
from app.importer.front_matter import Matter, is_false, is_true, text
from app.importer.readers.site_config import Generator
from app.importer.source import CannotRead

PUBLIC_STATUS = {"", "publish", "published", "public", "live", "final", "done", "complete", "true"}
MEMBERS = {"members", "member", "paid", "private", "tiers", "subscribers", "password", "protected", "restricted"}
DRAFT_FOLDERS = {"_drafts", "drafts", "draft", "_draft"}
DRAFTS = ("draft", "drafts", "isdraft", "is_draft", "wip", "unpublished")
UNLISTED = ("unlisted", "hidden", "hide", "private", "eleventyexcludefromcollections", "exclude_from_collections")
SCRIPT_MARK = re.compile(r"\b(draft|permalink|eleventyExcludeFromCollections)\s*:\s*(true|false)\b")


def why_private(matter: Matter, path: PurePosixPath, generator: Generator, now: datetime) -> str:
    """Return why the post of this header was not public, in words for its owner; empty where it was."""
    return next(_reasons(matter, path, generator, now), "")


def _reasons(matter: Matter, path: PurePosixPath, generator: Generator, now: datetime) -> Iterator[str]:
    if is_true(matter, *DRAFTS) or (is_false(matter, "published", "publish", "public") and not _is_date(matter)):
        yield _("a draft")
    if DRAFT_FOLDERS & {part.lower() for part in path.parts[:-1]}:
        yield _("in a folder of drafts")
    status = text(matter, "status", "post_status", "state").lower()
    if status not in PUBLIC_STATUS:
        yield _("its status is “%(status)s”") % {"status": status[:40]}
    access = text(matter, "visibility", "access").lower()
    if access in MEMBERS or text(matter, "password") or is_true(matter, "protected", "members_only", "membersonly"):
        yield _("not for every reader")
    if is_true(matter, *UNLISTED) or is_false(matter, "listed", "public"):
        yield _("not listed")
    if generator == Generator.ZOLA and is_false(matter, "render"):
        yield _("has no page (build options)")
    if is_false(matter, "permalink"):
        yield _("has no page (permalink: false)")
    yield from _of_hugo(matter)
    yield from _expired(matter, now)


def _is_date(matter: Matter) -> bool:
    """Return whether `published` is a date, as some themes have it."""
    return bool(re.match(r"\d{4}|\d{1,2}[./ ]", text(matter, "published")))


def _of_hugo(matter: Matter) -> Iterator[str]:
    if is_true(matter, "headless"):
        yield _("has no page (headless)")
    for name in ("build", "_build"):
        options = matter.get(name)
        rules: Mapping[str, Any] = (
            {str(key).lower(): str(value).lower() for key, value in options.items()} if isinstance(options, dict) else {}
        )
        if rules.get("render") in {"never", "false", "link"}:
            yield _("has no page (build options)")
        if rules.get("list") in {"never", "false", "local"}:
            yield _("not listed (build options)")


def _expired(matter: Matter, now: datetime) -> Iterator[str]:
    expires = expiry(matter)
    if expires is not None and expires <= now:
        yield _("expired on %(day)s") % {"day": expires.date().isoformat()}


def expiry(matter: Matter) -> datetime | None:
    """Return when the post is to disappear. A time that cannot be read counts as past: better a draft."""
    try:
        return parse_date(text(matter, "expirydate", "expiry_date", "unpublishdate", "unpublish_date", "expires"))
    except CannotRead:
        return parse_date("1970-01-01")


def of_script(content: str) -> Matter:
    """Return the marks that a directory's data file in JavaScript sets for all its posts, as far as they are written out."""
    found = {name.lower(): value for name, value in SCRIPT_MARK.findall(content)}
    return {name: value for name, value in found.items() if (name == "permalink") == (value == "false")}
