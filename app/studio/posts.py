"""The list of posts, and the editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.rate_limit import MINUTE, alone, may_try
from app.blog import languages
from app.blog.absolute_urls import pictures_over_http
from app.blog.errors import Refused, RevisedMeanwhile
from app.blog.models import Category, Media, Post, Status
from app.blog.tagging import tags_named
from app.blog.working_copies import Desk, new_posts_of
from app.newsletter.models import Send
from app.studio import discussion, panel, publication
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.conflict import conflict
from app.studio.forms import PostForm
from app.studio.post_filters import PostFilterForm
from app.studio.troubles import troubled
from app.studio.working_copies import MOST_BEGUN, desk, writing

PAGE = 25
NAMED = 5  # pictures in a message
PREVIEWS = 120  # a minute: the editor asks when its writer pauses
TOO_MANY_PREVIEWS = gettext_lazy("Too many previews. Your text is kept: go on writing, and the preview is back in a minute.")
STILL_AT_IT = gettext_lazy("The last preview is not finished yet. Your text is kept: this one comes when you go on writing.")
SIGNED_OUT = gettext_lazy("You are signed out. Your text is kept: sign in in a new tab, and go on writing.")
THEN = {"publish": panel.show, "review": discussion.ask}


@require_GET
@writers
def posts(request: WriterRequest) -> HttpResponse:
    """List the posts that the user works on, by status and words of the title."""
    narrowed = PostFilterForm(request.GET, request.user)
    mine = narrowed.of(Post.objects.managed_by(request.user))
    status, words = request.GET.get("status", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    counts = dict(mine.values_list("status").annotate(number=Count("pk")).order_by("status"))
    shown = mine.filter(Q(status=status) if status in Status.values else Q(), title__icontains=words)
    page = Paginator(_newest(shown), PAGE).get_page(request.GET.get("page"))
    about = {
        "page": page,
        "troubled": {pk for (pk,) in troubled([post.pk for post in page])},
        "filters": [(value, label, counts.get(value, 0)) for value, label in Status.choices],
        "total": sum(counts.values()),
        "status": status,
        "q": words,
        "narrowed": narrowed,
        "unsaved": set(request.user.working_copies.exclude(post=None).values_list("post_id", flat=True)),
        "begun": new_posts_of(request.user)[:MOST_BEGUN],
    }
    return render(request, "studio/posts.html", about)


def _newest(posts: QuerySet[Post]) -> QuerySet[Post]:
    return (
        posts.select_related("author__profile", "category", "review__assignee__profile")
        .defer("content", "content_html")
        .order_by("-updated_at", "-pk")
    )


@require_http_methods(["GET", "POST"])
@writers
def new(request: WriterRequest) -> HttpResponse:
    """Write a new post; `?draft=` goes on with one that was never saved."""
    at = desk(request.user, request.POST or request.GET.dict(), None)
    form = PostForm(request.POST or None, request.FILES or None, user=request.user, copy=at.copies.first())
    if request.method == "POST" and form.is_valid() and (done := _accept(request, form, at)):
        return done
    _keep_cover(request, form)
    return _editor(request, form, at)


@require_http_methods(["GET", "POST"])
@writers
def edit(request: WriterRequest, pk: int) -> HttpResponse:
    """Change a post. What its writer typed and did not save is in the form."""
    post = editable_post(request, pk)
    at = desk(request.user, request.POST, post)
    if request.POST.get("keep") == "theirs":
        return _keep_theirs(request, at)
    form = PostForm(request.POST or None, request.FILES or None, user=request.user, post=post, copy=at.copies.first())
    if request.method == "POST" and form.is_valid() and (done := _accept(request, form, at)):
        return done
    _keep_cover(request, form)
    return _editor(request, form, at)


@require_POST
def preview(request: HttpRequest) -> HttpResponseBase:
    """Return the text as its page would show it. The text itself is not touched, whatever the answer.

    A session that ended is answered here: the way to the sign-in page would replace the page, and the text on it.
    """
    if not request.user.is_authenticated:
        return render(request, "studio/preview.html", {"problem": SIGNED_OUT}, status=401)
    return _preview(request)


@writers
def _preview(request: WriterRequest) -> HttpResponse:
    who = str(request.user.pk)
    if not may_try("preview", who, per_minute=PREVIEWS):
        return _later(request, TOO_MANY_PREVIEWS, seconds=MINUTE)
    with alone("preview", who) as is_alone:
        return _previewed(request) if is_alone else _later(request, STILL_AT_IT, seconds=1)


def _later(request: WriterRequest, why: Promise, *, seconds: int) -> HttpResponse:
    response = render(request, "studio/preview.html", {"problem": why}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _previewed(request: WriterRequest) -> HttpResponse:
    try:
        markup = Post.preview_html(request.POST.get("content", ""))
        return render(request, "studio/preview.html", {"html": markup, "insecure": pictures_over_http(markup)})
    except ValidationError as error:
        return render(request, "studio/preview.html", {"problem": error.messages[0]})


def _keep_theirs(request: WriterRequest, at: Desk) -> HttpResponse:
    at.own.delete()
    publication.say(request, _("Your text is discarded. This is what is saved."))
    return redirect("studio:edit", at.post.pk if at.post else 0)


def _accept(request: WriterRequest, form: PostForm, at: Desk) -> HttpResponse | None:
    """Save, and do what the pressed button says next; all of it or nothing. None: the form says what is wrong."""
    post = form.post or Post(author=request.user)
    try:
        post.prepare(form.cleaned_data["content"])
        with transaction.atomic():
            _save(request, form, post)
            at.own.delete()
            _report_gaps(request, post)
            _name_insecure_pictures(request, post)
            then = THEN.get(request.POST.get("then", ""))
            return then(request, post) if then else _saved(request, post)
    except ValidationError as error:
        form.add_error(None, error) if not hasattr(error, "error_dict") else _spread(form, error)
    except RevisedMeanwhile:
        saved = editable_post(request, post.pk)
        form.conflict = conflict(form, saved)
        if not form.conflict.differences and not request.FILES:
            # The same text once more: a button pressed twice, or an answer that never arrived.
            at.own.delete()
            return _saved(request, saved)
        form.overtaken(form.conflict.name)
    except Refused as error:
        form.add_error(None, str(error))
    return None


def _report_gaps(request: WriterRequest, post: Post) -> None:
    """Say which pictures were deleted from the library while the post was being written."""
    if request.POST.get("cover") and post.cover_id is None and not request.FILES.get("upload"):
        messages.warning(request, _("The cover that you chose was deleted. The post is saved without a cover."))
    if post.media.deleted().exists():
        messages.warning(request, _("The text shows a picture that was deleted. Readers see a gap until you change it."))


def _name_insecure_pictures(request: WriterRequest, post: Post) -> None:
    if found := pictures_over_http(post.content_html):
        text = _("Pictures at http://… are asked for over https, and not shown if their host has none. Upload them: %(urls)s")
        messages.warning(request, text % {"urls": " ".join(found[:NAMED])})


def _saved(request: WriterRequest, post: Post) -> HttpResponse:
    publication.say(request, _("Saved."))
    return redirect("studio:edit", post.pk)


def _spread(form: PostForm, error: ValidationError) -> None:
    for name, sentences in error.message_dict.items():
        form.add_error(name if name in form.fields else None, ValidationError(sentences))


def _save(request: WriterRequest, form: PostForm, post: Post) -> None:
    data = {name: form.cleaned_data[name] for name in ("title", "content", "excerpt", "category", "language")}
    data["cover"] = _cover(request, form)
    slug, tags = form.cleaned_data["slug"], tags_named(form.cleaned_data["tags"])
    if form.post is not None:
        post.revise(expected_revision=_expected(request, form), slug=slug or post.slug, tags=tags, **data)
        return
    post.slug = slug
    for name, value in data.items():
        setattr(post, name, value)
    post.save()
    post.tags.set(tags)


def _expected(request: WriterRequest, form: PostForm) -> int:
    """Return the revision that this text may replace: the one it began with, or the one that its writer chose to replace."""
    theirs = request.POST.get("theirs", "")[:9]
    if request.POST.get("keep") == "mine" and theirs.isdecimal():
        return int(theirs)
    return form.cleaned_data["revision"] or 0


def _cover(request: WriterRequest, form: PostForm) -> Media | None:
    if file := form.cleaned_data["upload"]:
        try:
            return Media.objects.store(file, request.user, alt=form.cleaned_data["title"])
        except ValidationError as error:
            raise ValidationError({"upload": error.messages}) from error
    cover: Media | None = form.cleaned_data["cover"]
    return cover


def _keep_cover(request: WriterRequest, form: PostForm) -> None:
    """Store the file of a form that is refused, and choose it there: a browser does not send a file a second time."""
    file = request.FILES.get("upload")
    if not form.errors or "upload" in form.errors or file is None:
        return
    try:
        picture = Media.objects.store(file, request.user, alt=str(form.data.get("title", "")))
    except ValidationError as error:
        form.add_error("upload", error)
        return
    form.choose_cover(picture)
    messages.success(request, _("The picture is in your images, and chosen as the cover. Nothing else is saved yet."))


def _editor(request: WriterRequest, form: PostForm, at: Desk) -> HttpResponse:
    about: dict[str, Any] = {
        "form": form,
        "post": form.post,
        "categories": Category.objects.order_by("name"),
        "languages": languages.suggestions(),
        "gaps": form.post.media.deleted().select_related("deleted_by__profile").order_by("pk") if form.post else (),
        "mailed": Send.objects.filter(post=form.post).exists() if form.post else False,
        "may_publish": request.user.can_publish(form.post or Post(author=request.user)),
        **writing(request, form, at),
    }
    return render(request, "studio/editor.html", about, status=422 if form.errors else 200)
