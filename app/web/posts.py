"""The page of a post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from app.accounts.models import User
from app.blog import versions
from app.blog.commenting import Rules, rules_of
from app.blog.models import Like, Post, PostOptions, PostSlug, Status
from app.blog.picture_markup import Shown, shown
from app.site.current import site
from app.stats.page_views import see
from app.web.comments import CommentForm, thread
from app.web.conditional_get import public
from app.web.post_cards import summary


@require_safe
def post(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show a public post; 301 from an old address, 410 where it was withdrawn."""
    found = find(slug)
    if found is None:
        return _moved(slug)
    if found.status == Status.WITHDRAWN:
        return render(request, "410.html", status=410)
    see(request, found)
    before, after = neighbours(found)
    rules = rules_of(found)
    facts = (rules, found.version, found.revision, found.author.profile.name, before, after)  # type: ignore[attr-defined]
    return public(request, facts, lambda: _page(request, found, before, after, rules), shelf=("post", f"post:{found.pk}"))


def find(slug: str) -> Post | None:
    """Return the post that readers may know of by this address, public or withdrawn, with its `version` at that moment."""
    known = Post.objects.filter(status__in=[Status.PUBLISHED, Status.WITHDRAWN], published_at__isnull=False)
    related = known.select_related("author__profile", "category", "cover", "options__social_image")
    return related.annotate(version=versions.OF_POST).filter(slug=slug).first()


def neighbours(post: Post) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Return the public posts before and after this one."""
    public_posts = Post.objects.public().only("title", "slug")
    here = (post.published_at, post.pk)
    older = public_posts.filter(published_at__lte=here[0]).exclude(published_at=here[0], pk__gte=here[1])
    newer = public_posts.filter(published_at__gte=here[0]).exclude(published_at=here[0], pk__lte=here[1])
    return _link(older.order_by("-published_at", "-pk").first()), _link(newer.order_by("published_at", "pk").first())


def _link(post: Post | None) -> dict[str, str] | None:
    return {"title": post.title, "url": post.get_absolute_url()} if post else None


def _moved(slug: str) -> HttpResponse:
    old = PostSlug.objects.filter(slug=slug).exclude(post__published_at=None).select_related("post").first()
    if old is None or old.post.status not in {Status.PUBLISHED, Status.WITHDRAWN}:
        raise Http404("no post has this address")
    return redirect(old.post, permanent=True)


def _page(request: HttpRequest, post: Post, before: Any, after: Any, rules: Rules) -> HttpResponse:
    user, options = request.user, PostOptions.of(post)
    authors = [post.author, *options.other_authors()]
    about = {
        "post": post,
        "options": options,
        "authors": authors,
        "canonical": options.canonical_url or settings.SITE_URL + post.get_absolute_url(),
        "meta_title": options.meta_title or post.title,
        "meta_description": options.meta_description or summary(post),
        "previous": before,
        "next": after,
        "tags": list(post.tags.order_by("name")),
        "comments": thread(post),
        "rules": rules,
        "may_comment": rules.is_open if user.is_authenticated else rules.takes_guests,
        "summary": summary(post),
        "structured": structured(post, authors),
        "picture": picture_of(post),
        "cover": cover_of(post),
        "form": CommentForm(post=post, user=user),
        "liked": user.is_authenticated and Like.objects.filter(post=post, user=user).exists(),
        "editable": user.is_authenticated and user.can_edit(post),
    }
    return render(request, "web/post.html", about)


def structured(post: Post, authors: Sequence[User] = ()) -> dict[str, Any]:
    """Return the post as schema.org's BlogPosting."""
    home, picture = settings.SITE_URL, picture_of(post)
    url, published_at = home + post.get_absolute_url(), post.published_at or post.created_at
    people = [_person(each) for each in authors or [post.author]]
    return {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title,
        "inLanguage": post.language_tag,
        "description": summary(post),
        "url": url,
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "image": _image(picture.url, picture.width, picture.height),
        "datePublished": published_at.isoformat(timespec="seconds"),
        "dateModified": max(published_at, post.updated_at).isoformat(timespec="seconds"),
        **({"articleSection": post.category.name} if post.category else {}),
        "author": people if len(people) > 1 else people[0],
        "publisher": {
            "@type": "Organization",
            "name": site().name,
            "url": f"{home}/",
            "logo": _logo(),
        },
    }


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What a link to a post shows elsewhere. `url` is absolute, sizes are in pixels, 0 where they are not known."""

    url: str
    alt: str
    width: int = 0
    height: int = 0


def picture_of(post: Post) -> Picture:
    """Return the post's cover, the card that a worker drew, or the picture of the site."""
    home = settings.SITE_URL
    if cover := PostOptions.of(post).picture or post.cover:
        plain = cover.plain
        return Picture(url=home + plain.url, alt=cover.alt, width=plain.width, height=plain.height)
    drawn = default_storage.url(post.card) if post.card else static("card.png")
    return Picture(url=home + drawn, alt=post.title if post.card else site().name, width=1200, height=630)


def cover_of(post: Post) -> Shown | None:
    """Return the picture above the text: the cover, unless the text shows it."""
    return shown(post.cover) if post.cover and post.cover.url not in post.content_html else None


def _person(user: User) -> dict[str, str]:
    url = settings.SITE_URL + reverse("author", args=[user.username])
    return {"@type": "Person", "name": user.profile.name, "url": url}


def _logo() -> dict[str, Any]:
    logo = site().logo_url
    return _image(settings.SITE_URL + (logo or static("logo.png")), *((0, 0) if logo else (512, 512)))


def _image(url: str, width: int, height: int) -> dict[str, Any]:
    sizes = {"width": width, "height": height} if width and height else {}
    return {"@type": "ImageObject", "url": url, **sizes}
