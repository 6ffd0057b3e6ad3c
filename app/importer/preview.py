"""What an import would do, post by post, without storing anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files import File

from app.blog import images, text
from app.blog.errors import MediaRefused
from app.blog.models import Post, Status
from app.importer.links import Links, PlannedPost
from app.importer.matching import Matches
from app.importer.models import Done, ImportedComment, Origin
from app.importer.outcome import Outcome, reason_of
from app.importer.save import is_unchanged, posts_here
from app.importer.save_redirects import foresee_redirects
from app.importer.source import SourceImage, SourcePost
from app.importer.spool import Summary


class Preview:
    """Foresees what `save.Writer` would write."""

    def __init__(self, links: Links, matches: Matches, *, publish: bool, now: datetime, overwrite: bool = False) -> None:
        self.links, self.matches = links, matches
        self.publish, self.now, self.overwrite = publish, now, overwrite

    def outcomes(self, chunks: Iterable[Sequence[tuple[Summary, SourcePost]]]) -> Iterator[list[Outcome]]:
        """Yield what would become of each chunk."""
        for chunk in chunks:
            planned = [self.links.planned(summary, post) for summary, post in chunk]
            posts = posts_here(self.matches, planned)
            outcomes = [self._one(each, posts.get(each.summary.number)) for each in planned]
            foresee_redirects(outcomes)
            yield outcomes

    def _one(self, planned: PlannedPost, post: Post | None) -> Outcome:
        outcome = Outcome(planned=planned, done=self._done(planned, post), found_id=post.pk if post else None)
        outcome.post_id = outcome.found_id
        if outcome.done in {Done.CREATED, Done.UPDATED}:
            try:
                _check(planned.post)
            except ValidationError as error:
                return Outcome(planned=planned, done=Done.FAILED, reason=reason_of(error))
            self._look_at_images(outcome)
        outcome.comments = _new_comments(planned.post, post)
        self._foresee_publication(outcome, post)
        return outcome

    def _done(self, planned: PlannedPost, post: Post | None) -> Done:
        origin = Origin.objects.of(post)
        if post is None:
            return Done.CREATED
        if is_unchanged(post, planned):
            return Done.UNCHANGED
        return Done.KEPT if origin is not None and origin.is_edited() and not self.overwrite else Done.UPDATED

    def _look_at_images(self, outcome: Outcome) -> None:
        seen = set()
        for image in outcome.planned.post.images:
            if problem := _problem_of(image):
                outcome.missing.append(replace(image, problem=problem))
            else:
                seen.add(image.path)
        outcome.images = len(seen)

    def _foresee_publication(self, outcome: Outcome, post: Post | None) -> None:
        source = outcome.planned.post
        is_draft = post is None or post.status == Status.DRAFT
        if self.publish and source.published_at is not None and not source.private and is_draft and outcome.done != Done.KEPT:
            outcome.published = source.published_at <= self.now
            outcome.scheduled = not outcome.published


def _check(post: SourcePost) -> None:
    """Raise ValidationError where the post could not be stored."""
    text.title(post.title)
    text.clean(post.content)


def _problem_of(image: SourceImage) -> str:
    """Return why an image could not be stored, empty where it could."""
    if image.path is None:
        return image.problem or "missing"
    try:
        with image.path.open("rb") as file:
            images.examine(File(file, name=image.path.name))
    except (MediaRefused, OSError) as error:
        return reason_of(error)
    return ""


def _new_comments(source: SourcePost, post: Post | None) -> int:
    keys = {comment.key[:100] for comment in source.comments}
    if post is None or not keys:
        return len(keys)
    return len(keys) - ImportedComment.objects.filter(origin=post.pk, key__in=keys).count()
