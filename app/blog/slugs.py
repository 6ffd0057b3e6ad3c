"""Slugs: unique, and redirected when they change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import validate_unicode_slug
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from app.site import limits
from owed.sql import hold

if TYPE_CHECKING:
    from app.blog.models import Post, PostSlug

LIMIT = limits.SLUG
ROOM_FOR_SUFFIX = 10
NAMELESS = "post"
ENCODED = 500
"""A letter of another script is six or nine octets in an address; mail programs break long ones."""
# Latin letters that have no decomposition; the rest of the accents fall off by NFKD.
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "þ": "th", "ı": "i"}
)


def choose(post: Post) -> str:
    """Return a free slug for a new post: its own, or one made of its title. Raises ValidationError."""
    return claim(post.slug, post) if post.slug else free(base_of(post.title))


def base_of(title: str, *, nameless: str = NAMELESS) -> str:
    """Return the words of a title for its address: Latin letters without accents, those of other scripts as they are."""
    folded = "".join(_folded(letter) for letter in normal(title.translate(LETTERS)))
    slug = normal(slugify(folded, allow_unicode=True))[: LIMIT - ROOM_FOR_SUFFIX]
    return _short(slug).strip("-") or nameless


def normal(slug: str) -> str:
    """Return a slug in the one spelling in which it is stored and looked up (NFC)."""
    return unicodedata.normalize("NFC", slug.strip())


def _folded(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or letter


def _short(slug: str) -> str:
    """Return as much of it, in whole words where it can be, as makes an address of ENCODED octets."""
    if len(quote(slug)) <= ENCODED:
        return slug
    while len(quote(slug)) > ENCODED:
        slug = slug[:-1]
    return slug.rpartition("-")[0] or slug


def free(base: str) -> str:
    """Return the base, or base-2, base-3 ... where it is in use, now or by a redirect. Others wait until we commit."""
    hold(f"slug:{base}")
    taken = _taken(base)
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)


def claim(slug: str, post: Post) -> str:
    """Return a slug that a person chose, if no other post has it. A redirect from it ends."""
    slug = normal(slug)
    _check(slug)
    hold(f"slug:{slug}")
    if type(post)._default_manager.filter(slug=slug).exclude(pk=post.pk).exists():
        raise ValidationError({"slug": _("Another post has the address “%(slug)s”.") % {"slug": slug}})
    _redirects().filter(slug=slug).delete()
    return slug


def claim_new(wanted: Sequence[str]) -> None:
    """Do what claim() does for each of these, in a few statements for all. Raises ValidationError where one cannot be had."""
    for slug in wanted:
        _check(slug)
    hold(*(f"slug:{slug}" for slug in wanted))
    posts = apps.get_model("blog", "Post")._default_manager
    if len(set(wanted)) < len(wanted) or posts.filter(slug__in=wanted).exists():
        raise ValidationError({"slug": _("Another post has one of these addresses.")})
    _redirects().filter(slug__in=wanted).delete()


def leave(slug: str, post: Post) -> None:
    """Let the old slug lead to the post."""
    _redirects().update_or_create(slug=slug, defaults={"post": post})


def _check(slug: str) -> None:
    try:
        validate_unicode_slug(slug)
    except ValidationError as error:
        raise ValidationError({"slug": error.messages}) from error
    if len(slug) > LIMIT:
        raise ValidationError(
            {
                "slug": _("The address has %(length)d characters; at most %(limit)d are accepted.")
                % {"length": len(slug), "limit": LIMIT}
            }
        )


def _taken(base: str) -> set[str]:
    pattern = rf"^{re.escape(base)}(-\d+)?$"
    posts = apps.get_model("blog", "Post")._default_manager
    return {*posts.filter(slug__regex=pattern).values_list("slug", flat=True)} | {
        *_redirects().filter(slug__regex=pattern).values_list("slug", flat=True)
    }


def _redirects() -> QuerySet[PostSlug]:
    redirects: QuerySet[PostSlug] = apps.get_model("blog", "PostSlug")._default_manager.all()
    return redirects
