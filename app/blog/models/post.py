"""The post: what it says, and how that changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from app.blog import files, languages, markdown, revisions, slugs, text
from app.blog.changes import Change, change
from app.blog.errors import NotSaved, PostGone, RevisedMeanwhile
from app.blog.guids import new_guid
from app.blog.models.counts import Counts
from app.blog.models.media import Media
from app.blog.models.post_queryset import PostQuerySet
from app.blog.models.publication import Publication
from app.blog.models.taxonomy import Category, Tag
from app.blog.pages import POST
from app.blog.placement import Placement, lock, locked, placement_of
from app.blog.signals import post_created, post_revised
from app.blog.status import Status
from app.site import limits

CONTENT = frozenset({"title", "content", "excerpt", "cover_id", "language"})
VISIBLE = CONTENT | {"slug", "author_id", "category_id", "tags"}
EDITABLE = CONTENT | {"slug", "author_id", "category_id", "created_at", "source"}
STATE = frozenset({"status", "publish_at", "published_at"})
REVISABLE = frozenset({"title", "slug", "content", "excerpt", "author", "category", "tags", "cover", "language"})


class Post(Publication, Counts):
    """A post. Readers see it while its status is published.

    save() writes what this instance changed of the text, nothing else; a change of status goes through the verb. Files
    loaded by loaddata are taken as they are.
    """

    TRACKED = EDITABLE | STATE
    _rendered = ("", "")  # Markdown, and its HTML

    title = models.CharField(max_length=limits.TITLE, validators=[limits.validate_visible])
    slug = models.SlugField(max_length=limits.SLUG, unique=True, blank=True, allow_unicode=True)
    content = models.TextField(help_text="Markdown.")
    content_html = models.TextField(blank=True, editable=False)
    excerpt = models.TextField(max_length=limits.EXCERPT, blank=True)
    language = models.CharField(
        max_length=languages.LIMIT, blank=True, default="", db_default="", help_text="A code such as de; empty: the site's."
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="posts")
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts")
    cover = models.ForeignKey(Media, on_delete=models.SET_NULL, null=True, blank=True, related_name="covers")
    media = models.ManyToManyField(Media, blank=True, related_name="posts")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    source = models.CharField(max_length=300, null=True, blank=True, unique=True)
    # Empty where a release without this column made the post.
    guid = models.CharField(max_length=500, blank=True, default=new_guid, db_default="", editable=False)

    # The file of the picture that links to the post show where it has no cover. A worker draws it.
    card = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[PostQuerySet] = PostQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes: ClassVar = [
            models.Index(F("published_at").desc(), F("id").desc(), name="post_newest", condition=Q(status=Status.PUBLISHED)),
            models.Index(F("publish_at"), name="post_due", condition=Q(status=Status.SCHEDULED)),
            models.Index(fields=["author", "status"], name="post_of_author"),
            models.Index(fields=["guid"], name="post_guid"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="post_status_known"),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | Q(published_at__isnull=False), name="post_published_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.SCHEDULED) | Q(publish_at__isnull=False), name="post_scheduled_has_time"
            ),
            models.CheckConstraint(
                condition=Q(view_count__gte=0, like_count__gte=0, comment_count__gte=0), name="post_counts_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return POST.url(self.slug)

    @property
    def language_tag(self) -> str:
        """Return the post's language, or the site's."""
        return languages.of(self.language)

    @staticmethod
    def preview_html(content: str) -> SafeString:
        """Return what the page would show for this Markdown. Raises ContentTooLong."""
        return markdown.render(content)

    def prepare(self, content: str) -> None:
        """Render the text that is to be saved, before a transaction or a lock makes others wait. Raises ContentTooLong."""
        source = text.clean(content)
        if source != self._rendered[0]:
            self._rendered = (source, markdown.render(source))

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Insert, or write what this instance changed. Raises ValidationError, PostGone, and what the verbs raise."""
        if self._state.adding or force_insert:
            self._insert(using)
        else:
            self._update(update_fields)

    def _insert(self, using: str | None) -> None:
        if self.status == Status.SCHEDULED and self.publish_at is None:
            raise ValidationError({"publish_at": _("A scheduled post needs a time.")})
        wanted, at, publish_at = self.status, self.published_at, self.publish_at
        self.prepare(self.content)
        with change() as changing:
            self._land(using)
            revisions.keep_first(self)
            changing.count(self.author_id, posts=1)
            files.attach(self)
            post_created.send(sender=Post, post=self)
            self._follow(wanted, Status.DRAFT, at=at, publish_at=publish_at)

    def tidy(self) -> None:
        """Make the text of a new post fit to keep. Raises ValidationError."""
        self._tidy(EDITABLE)

    def remember(self) -> None:
        """Take what it says now as what its row says: it was just inserted."""
        self._remember(self.TRACKED)

    def _land(self, using: str | None) -> None:
        """Insert as a draft, whatever comes next."""
        self.tidy()
        self.slug = slugs.choose(self)
        if self.status in {Status.PUBLISHED, Status.SCHEDULED}:
            self.status, self.published_at = Status.DRAFT, None
        super().save(force_insert=True, using=using)
        self.remember()

    def _update(self, only: Iterable[str] | None) -> None:
        if only is not None:
            _refuse_counters(only)
        changed = self._changed(only)
        loaded = self._loaded.get("status", self.status)
        wanted, at, publish_at = self.status, self.published_at, self.publish_at
        if "content" in changed:
            self.prepare(self.content)
        with change() as changing:
            before = self._lock()
            self._write(changed & EDITABLE, before, changing)
            if "status" in changed or (wanted == Status.SCHEDULED and "publish_at" in changed):
                self._follow(wanted, loaded, at=at, publish_at=publish_at)

    def _follow(self, wanted: str, loaded: str, *, at: Any, publish_at: Any) -> None:
        """Call the verb for a status that was set by assignment."""
        if wanted == Status.PUBLISHED:
            self.publish(at=at)
        elif wanted == Status.SCHEDULED:
            self.schedule(publish_at=publish_at)
        elif loaded == Status.PUBLISHED:
            self.withdraw()
        elif loaded == Status.SCHEDULED:
            self.unschedule()

    def revise(self, *, expected_revision: int | None = None, **changes: Any) -> None:
        """Change title, slug, content, excerpt, author, category, tags, cover or language. Raises ValidationError, PostGone.

        Sends post_revised when readers see a difference. Raises RevisedMeanwhile, and changes nothing, when the post has
        another revision than the one expected.
        """
        if unknown := changes.keys() - REVISABLE:
            raise NotSaved(f"revise() does not change {', '.join(sorted(unknown))}")
        tags = changes.pop("tags", None)
        if "content" in changes:
            self.prepare(changes["content"])
        with change() as changing:
            before = self._lock(expected_revision)
            for name, value in changes.items():
                setattr(self, name, value)
            edits = self._differing({self._meta.get_field(name).attname for name in changes})  # type: ignore[union-attr]
            if tags is not None and {tag.pk for tag in tags} != set(before.tag_ids):
                self.tags.set(tags)
                edits.add("tags")
            self._write(edits, before, changing)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the post. A row that is about to refer to it waits, and finds it gone."""
        with change():
            lock(Post.objects.filter(pk=self.pk), to_delete=True)
            return super().delete(using=using, keep_parents=keep_parents)

    def _differing(self, names: set[str]) -> set[str]:
        """Return the attributes that differ from the row, which is locked."""
        self._tidy(names)
        stored = self._row().values(*names).get() if names else {}
        return {name for name in names if stored[name] != getattr(self, name)}

    def _lock(self, expected_revision: int | None = None) -> Placement:
        if expected_revision is not None:
            self._take(expected_revision)
        before = locked(self.pk) if self.pk else None
        if before is None:
            raise PostGone
        return before

    def _take(self, revision: int) -> None:
        """Lock the row by an UPDATE that names the revision: of two writers who saw the same one, the second finds none.

        Publication has a number as well, and changes nothing that a writer edits: it does not conflict.
        """
        seen = self._row().filter(revision__gte=revision, edited_revision__lte=revision)
        if not seen.update(revision=models.F("revision")):
            raise RevisedMeanwhile if self._row().exists() else PostGone

    def _write(self, edits: set[str], before: Placement, changing: Change) -> None:
        if not edits:
            return
        self._tidy(edits)
        if "slug" in edits:
            self._readdress(before)
        self.revision = self.edited_revision = before.revision + 1
        if edits & CONTENT:
            self.updated_at = timezone.now()
        written = (edits - {"tags"}) | {"revision", "edited_revision", "updated_at"}
        written |= {"content_html"} if "content" in edits else set()
        with revisions.kept(self, edits):
            super().save(force_update=True, update_fields=written)
        self._remember(written)
        if "author_id" in edits:
            self._recount(before, changing)
        if edits & {"content", "cover_id"}:
            files.attach(self, before)
        if edits & VISIBLE and before.is_public:
            self._announce(before, changing)

    def _readdress(self, before: Placement) -> None:
        self.slug = slugs.claim(self.slug, self) if self.slug else slugs.free(slugs.base_of(self.title))
        if self.slug != before.slug:
            slugs.leave(before.slug, self)

    def _recount(self, before: Placement, changing: Change) -> None:
        published = int(before.is_public)
        changing.count(before.author_id, posts=-1, published=-published)
        changing.count(self.author_id, posts=1, published=published)

    def _announce(self, before: Placement, changing: Change) -> None:
        after = placement_of(self.pk) or before
        changing.touch(*before.scopes(), *after.scopes())
        post_revised.send(sender=Post, post=self, before=before, after=after)

    def _tidy(self, names: Iterable[str]) -> None:
        """Make the text of these attributes fit to keep."""
        if "title" in names:
            self.title = text.title(self.title)
        if "excerpt" in names:
            self.excerpt = text.excerpt(self.excerpt)
        if "content" in names:
            self.prepare(self.content)
            self.content, self.content_html = self._rendered
        if "language" in names:
            self.language = languages.canonical(self.language)
        if self.source == "":
            self.source = None


def _refuse_counters(names: Iterable[str]) -> None:
    fields = {field.name: field.attname for field in Post._meta.concrete_fields}
    refused = {fields.get(name, name) for name in names} - EDITABLE - STATE - {"content_html", "updated_at", "id"}
    if refused:
        raise NotSaved(f"save() does not write {', '.join(sorted(refused))}: the verbs move it")


__all__ = ["Post", "Status"]
