"""Posts: everyone reads, writers write. Publishing is a resource of its own (publication.py)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from app.accounts.models import User
from app.api.auth import MaybeRequest, Request, must_write, optional
from app.api.categories import category_named
from app.api.errors import Forbidden, Invalid, Problem
from app.api.fields import Id, Line, Moment, Page, Slug, Strict, Text, Visible
from app.api.permissions import editable_post, visible_post
from app.blog import languages
from app.blog.models import Post
from app.blog.revisions import acting
from app.blog.tagging import tags_named
from app.site import limits
from owed import clock

router = Router(tags=["posts"])

PER_PAGE = 20
UNSET: Any = None
Title = Annotated[Line, Field(min_length=1, max_length=limits.TITLE)]
Excerpt = Annotated[Text, Field(max_length=limits.EXCERPT)]
Language = Annotated[Line, Field(max_length=languages.LIMIT, description="A tag of BCP 47; empty: the site's language.")]
Tags = Annotated[list[Annotated[Visible, Field(min_length=1, max_length=limits.NAME)]], Field(max_length=limits.TAGS)]


class NewPost(Strict):
    """What a client may set. The author is the caller; status, counts and times are the site's."""

    title: Title
    slug: Slug | None = None
    content: Text = ""
    excerpt: Excerpt = ""
    language: Language = ""
    category: Slug | None = None
    tags: Tags = Field(default_factory=list)
    publish_at: Moment | None = None


class Changes(Strict):
    """The same, each only if it is to change. `publish_at: null` makes a scheduled post a draft again."""

    title: Title = UNSET
    slug: Slug = UNSET
    content: Text = UNSET
    excerpt: Excerpt = UNSET
    language: Language = UNSET
    category: Slug | None = None
    tags: Tags = UNSET
    publish_at: Moment | None = None
    expected_revision: Annotated[
        int | None, Field(ge=1, description="409, and no change, if the post was edited since this revision.")
    ] = None


class Byline(Schema):
    username: str
    name: str


class PostOut(Schema):
    id: int
    title: str
    slug: str
    url: str
    status: str
    excerpt: str
    language: str
    author: Byline
    category: str | None
    tags: list[str]
    publish_at: datetime | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int
    view_count: int
    like_count: int
    comment_count: int

    @staticmethod
    def resolve_language(post: Post) -> str:
        return post.language_tag

    @staticmethod
    def resolve_url(post: Post) -> str:
        return settings.SITE_URL + post.get_absolute_url()

    @staticmethod
    def resolve_author(post: Post) -> dict[str, str]:
        return {"username": post.author.username, "name": post.author.profile.name}

    @staticmethod
    def resolve_category(post: Post) -> str | None:
        return post.category.slug if post.category else None

    @staticmethod
    def resolve_tags(post: Post) -> list[str]:
        return sorted(tag.name for tag in post.tags.all())


class FullPost(PostOut):
    content: str
    content_html: str


class PostPage(Schema):
    items: list[PostOut]
    count: int
    page: int
    pages: int


class PostFilters(Schema):
    status: Literal["published", "draft", "scheduled", "withdrawn", "mailed"] = "published"
    author: Annotated[Line, Field(max_length=150)] | None = None
    category: Slug | None = None
    tag: Slug | None = None
    page: Page = 1


@router.get("", auth=optional, response={200: PostPage, 422: Problem})
def list_posts(request: MaybeRequest, filters: Query[PostFilters]) -> dict[str, Any]:
    """List published posts, newest first. Other states: your own, or everyone's for editors."""
    posts = Post.objects.public() if filters.status == "published" else Post.objects.managed_by(request.auth)
    posts = posts.filter(status=filters.status)
    wanted = {"author__username": filters.author, "category__slug": filters.category, "tags__slug": filters.tag}
    for name, value in wanted.items():
        posts = posts.filter(Q((name, value))) if value is not None else posts
    return paged(posts.order_by("-published_at", "-pk"), filters.page)


@router.post("", response={201: FullPost, 401: Problem, 403: Problem, 413: Problem, 422: Problem})
def create_post(request: Request, payload: NewPost, response: HttpResponse) -> Status[Post]:
    """Write a draft, or with `publish_at` a post that is published then."""
    must_write(request.auth)
    post = Post(
        author=request.auth,
        title=payload.title,
        slug=payload.slug or "",
        content=payload.content,
        excerpt=payload.excerpt,
        language=payload.language,
        category=category_named(payload.category),
    )
    post.prepare(payload.content)
    with acting(request.auth), transaction.atomic():
        post.save()
        if payload.tags:
            post.revise(tags=tags_named(payload.tags))
        if payload.publish_at:
            plan(request.auth, post, payload.publish_at)
    response["Location"] = f"{request.path}/{post.pk}"
    return Status(201, loaded(post.pk))


@router.get("/{post_id}", auth=optional, response={200: FullPost, 404: Problem})
def read_post(request: MaybeRequest, post_id: Id) -> Post:
    """Read one post. Others' drafts are not found."""
    return loaded(visible_post(post_id, request.auth).pk)


@router.patch("/{post_id}", response={200: FullPost, 403: Problem, 404: Problem, 409: Problem, 413: Problem, 422: Problem})
def revise_post(request: Request, post_id: Id, payload: Changes) -> Post:
    """Change the fields in the body, and nothing else."""
    post = editable_post(post_id, request.auth)
    changes = payload.model_dump(exclude_unset=True)
    planned, seen = changes.pop("publish_at", ...), changes.pop("expected_revision", None)
    if "category" in changes:
        changes["category"] = category_named(payload.category)
    if "content" in changes:
        post.prepare(payload.content)
    with acting(request.auth), transaction.atomic():
        if "tags" in changes:
            changes["tags"] = tags_named(payload.tags)
        if changes:
            post.revise(expected_revision=seen, **changes)
        if planned is not ...:
            plan(request.auth, post, planned)
    return loaded(post.pk)


@router.delete("/{post_id}", response={204: None, 403: Problem, 404: Problem})
def delete_post(request: Request, post_id: Id) -> Status[None]:
    """Delete a post with its comments and likes."""
    editable_post(post_id, request.auth).delete()
    return Status(204, None)


def plan(user: User, post: Post, publish_at: datetime | None) -> None:
    """Schedule the post; None makes it a draft again. Raises Forbidden, Invalid, AlreadyPublished, NotScheduled."""
    if not user.can_publish(post):
        raise Forbidden(_("Your account may not publish. Ask an editor."))
    if publish_at is None:
        post.unschedule()
        return
    if publish_at <= clock.now():
        raise Invalid({"publish_at": [_("That time is past. Choose a later one, or publish the post.")]})
    post.schedule(publish_at=publish_at)


def loaded(post_id: int) -> Post:
    """Return the post with all that an answer shows of it."""
    return Post.objects.select_related("author__profile", "category").prefetch_related("tags").get(pk=post_id)


def paged(posts: Any, page: int) -> dict[str, Any]:
    """Return one page of posts and how many there are."""
    count = posts.count()
    shown = posts.select_related("author__profile", "category").prefetch_related("tags")
    first = (page - 1) * PER_PAGE
    return {"items": list(shown[first : first + PER_PAGE]), "count": count, "page": page, "pages": -(-count // PER_PAGE)}
