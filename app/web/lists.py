"""The front page, and the posts of an author, a category or a tag."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from app.accounts.models import Profile, User
from app.blog.bio import bio_of
from app.blog.models import Category, Media, Post, Tag
from app.blog.picture_markup import Shown, on_page, shown
from app.blog.plain_text import plain_text
from app.blog.truncation import shortened
from app.site.current import site
from app.web.conditional_get import public
from app.web.pagination import listing, shelf, wanted
from app.web.post_cards import featured, read_now, sections

COLLECTIONS: dict[str, type[Category] | type[Tag]] = {"category": Category, "tag": Tag}


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    about = {"sections": sections(), "trending": read_now(), "featured": featured()}
    return _answer(request, "web/home.html", "site", Post.objects.listed(), about)


@require_safe
def author(request: HttpRequest, username: str) -> HttpResponseBase:
    person = get_object_or_404(User.objects.shown().select_related("profile"), username=username)
    profile = person.profile
    portrait, bio = _portrait(profile), mark_safe(on_page(bio_of(profile)))  # noqa: S308 - sanitised
    about = {"heading": profile.name, "portrait": portrait, "bio": bio, "website": _web(profile.website)}
    posts_by = _("Posts by %(name)s on %(site)s.") % {"name": profile.name, "site": site().name}
    about["description"] = shortened(plain_text(bio), words=40) or posts_by
    return _answer(request, "web/author.html", f"author:{person.pk}", Post.objects.listed().filter(author=person), about)


@require_safe
def collection(request: HttpRequest, kind: str, slug: str) -> HttpResponseBase:
    """Show what is filed under a category, or carries a tag."""
    shelf: Category | Tag = get_object_or_404(COLLECTIONS[kind], slug=slug)  # type: ignore[assignment]
    about = {"heading": shelf.name, "kind": kind.capitalize(), "about": getattr(shelf, "description", "")}
    posts_in = _("Posts in %(name)s on %(site)s.") if kind == "category" else _("Posts tagged %(name)s on %(site)s.")
    about["description"] = shortened(about["about"], words=40) or posts_in % {"name": shelf.name, "site": site().name}
    posts = Post.objects.listed().filter(**{"tags" if kind == "tag" else kind: shelf})
    return _answer(request, "web/listing.html", f"{kind}:{shelf.pk}", posts, about)


def _portrait(profile: Profile) -> Shown | None:
    """Return the picture of the author: one of the library in the size of its place, or a file of its own as it is."""
    if not profile.avatar:
        return None
    media = Media.objects.kept().filter(file=profile.avatar.name).first()
    return shown(media) if media else Shown(src=profile.avatar.url)


def _web(address: str) -> str:
    """Return the address if it is one of the web."""
    return address if address.startswith(("http://", "https://")) else ""


def _answer(request: HttpRequest, template: str, scope: str, posts: Any, about: dict[str, Any]) -> HttpResponseBase:
    page = listing(posts, wanted(request.GET.get("page", "1")), scope=scope)
    facts = (page, *sorted(about.items(), key=str))
    return public(request, facts, lambda: render(request, template, {"listing": page, **about}), shelf=shelf(scope))
