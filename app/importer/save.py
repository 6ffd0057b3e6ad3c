"""Store planned posts: a chunk in a transaction, each post whole or not at all.

New posts are stored in a few statements for all of them. Where that fails, each is tried alone: the others must not suffer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from app.accounts.models import User
from app.blog.changes import change
from app.blog.errors import Refused
from app.blog.models import Post, Status
from app.importer.links import Links, PlannedPost
from app.importer.matching import Matches
from app.importer.models import Done, Origin
from app.importer.outcome import Keep, Outcome, reason_of
from app.importer.save_comments import save_comments
from app.importer.save_redirects import save_redirects
from app.importer.source import SourcePost
from app.importer.spool import Summary
from app.importer.values import Values
from owed import gather

CHUNK = 50
log = logging.getLogger(__name__)


class Writer:
    """Writes chunks. Run it again with the same posts and it changes nothing."""

    def __init__(
        self,
        links: Links,
        matches: Matches,
        *,
        publish: bool,
        now: datetime,
        author: User | None = None,
        refresh: bool = True,
        overwrite: bool = False,
        keep: Keep | None = None,
    ) -> None:
        self.links, self.matches, self._keep = links, matches, keep
        self.publish, self.now, self.refresh, self.overwrite = publish, now, refresh, overwrite
        self.values = Values(author, now)

    def write(self, chunks: Iterable[Sequence[tuple[Summary, SourcePost]]]) -> Iterator[list[Outcome]]:
        """Yield the outcomes of each chunk once it is committed."""
        for chunk in chunks:
            yield self._chunk([self.links.planned(summary, post) for summary, post in chunk])

    def _chunk(self, planned: Sequence[PlannedPost]) -> list[Outcome]:
        try:
            with change(), gather():
                posts = posts_here(self.matches, planned)
                self.values.prepare(each.post for each in planned if not is_unchanged(posts.get(each.summary.number), each))
                outcomes = self._stored(planned, posts)
                save_redirects(outcomes)
                if self._keep:
                    self._keep(outcomes, self.values.made())
        except BaseException:
            self.values.forget()
            raise
        self.values.keep()
        return outcomes

    def _stored(self, planned: Sequence[PlannedPost], posts: dict[int, Post]) -> list[Outcome]:
        self.values.begin(planned)
        made = self._together([each for each in planned if each.summary.number not in posts])
        return [made.get(each.summary.number) or self._one(each, posts.get(each.summary.number)) for each in planned]

    def _together(self, planned: Sequence[PlannedPost]) -> dict[int, Outcome]:
        """Store new posts, and return what became of each by number; nothing of any where one of them cannot be stored."""
        outcomes = [Outcome(planned=each, done=Done.CREATED) for each in planned]
        if not outcomes:
            return {}
        try:
            with transaction.atomic():
                self._create(outcomes)
        except Exception:
            # Why, and of which post, is found when each is tried alone.
            log.info("posts could not be stored together", exc_info=True)
            self.values.begin(planned)
            return {}
        return {outcome.planned.summary.number: outcome for outcome in outcomes}

    def _create(self, outcomes: Sequence[Outcome]) -> None:
        drafts = [self.values.new_post(outcome) for outcome in outcomes]
        posts = [post for post, _ in drafts]
        Post.objects.insert_drafts(drafts)
        origins = [self._origin(outcome, post) for outcome, post in zip(outcomes, posts, strict=True)]
        Origin.objects.remember_new(origins)
        for outcome, post, origin in zip(outcomes, posts, origins, strict=True):
            self._take_comments(outcome, origin, post)
        self._make_public_together(list(zip(outcomes, posts, strict=True)))

    def _one(self, planned: PlannedPost, post: Post | None) -> Outcome:
        outcome = Outcome(planned=planned, done=Done.CREATED, found_id=post.pk if post else None)
        if post is not None and self._stays(planned, post):
            outcome.done = Done.UNCHANGED
            return outcome
        try:
            with transaction.atomic():
                if post is None:
                    self._create([outcome])
                else:
                    self._renew(outcome, post)
        except (Refused, ValidationError, DatabaseError, OSError) as error:
            return Outcome(planned=planned, done=Done.FAILED, reason=reason_of(error))
        except Exception as error:
            # One post must not end the import of the others, whatever is in it.
            log.exception("a post could not be stored")
            return Outcome(planned=planned, done=Done.FAILED, reason=f"cannot be stored ({type(error).__name__})")
        return outcome

    def _stays(self, planned: PlannedPost, post: Post) -> bool:
        return not self.refresh or (is_unchanged(post, planned) and self._public_at(planned, post) is None)

    def _renew(self, outcome: Outcome, post: Post) -> None:
        """Bring a post that is here up to date, unless someone edited it here."""
        if is_unchanged(post, outcome.planned):
            outcome.done = Done.UPDATED
            self._make_public(outcome, post)
            return
        origin = Origin.objects.of(post)
        if origin is not None and origin.is_edited() and not self.overwrite:
            outcome.done = Done.KEPT
            self._take_comments(outcome, origin, post)
            return
        outcome.done = Done.UPDATED
        post.revise(**self.values.of(outcome))
        self._take_comments(outcome, self._remembered(outcome, post), post)
        self._make_public(outcome, post)

    def _remembered(self, outcome: Outcome, post: Post) -> Origin:
        origin = self._origin(outcome, post)
        Origin.objects.remember(origin)
        return origin

    def _origin(self, outcome: Outcome, post: Post) -> Origin:
        """Return a note that the post is now what the source's post says."""
        summary = outcome.planned.summary
        outcome.post_id = post.pk
        return Origin(
            post=post,
            key=summary.key,
            identities=list(summary.identities),
            fingerprint=summary.fingerprint,
            digest=outcome.planned.digest,
            imported_at=self.now,
        )

    def _take_comments(self, outcome: Outcome, origin: Origin, post: Post) -> None:
        outcome.new_comments = save_comments(origin, post, outcome.planned.post.comments)
        outcome.comments = len(outcome.new_comments)

    def _public_at(self, planned: PlannedPost, post: Post) -> datetime | None:
        """Return when a draft was or will be public at the source.

        None keeps it a draft, also where the source has no date: it would be mailed as new.
        """
        source = planned.post
        return source.published_at if self.publish and not source.private and post.status == Status.DRAFT else None

    def _make_public(self, outcome: Outcome, post: Post) -> None:
        at = self._public_at(outcome.planned, post)
        if at is not None and at <= self.now:
            outcome.published = True
            post.publish(at=at)
            if outcome.planned.post.is_withdrawn:
                post.withdraw()
        elif at is not None:
            outcome.scheduled = True
            post.schedule(publish_at=at)

    def _make_public_together(self, pairs: Sequence[tuple[Outcome, Post]]) -> None:
        """Do it for new posts, those of the past in a few statements for all."""
        past = [
            (outcome, post, at)
            for outcome, post in pairs
            if (at := self._public_at(outcome.planned, post)) is not None and at <= self.now
        ]
        Post.objects.publish_each([(post, at) for _, post, at in past])
        for outcome, _, _ in past:
            outcome.published = True
        for outcome, post in pairs:
            if outcome.published and outcome.planned.post.is_withdrawn:
                post.withdraw()
            self._make_public(outcome, post)


def posts_here(matches: Matches, planned: Sequence[PlannedPost]) -> dict[int, Post]:
    """Return the posts that are here already, by number of the summary."""
    ids = {each.summary.number: pk for each in planned if (pk := matches.post_id(each.summary)) is not None}
    posts = {post.pk: post for post in Post.objects.filter(pk__in=ids.values()).select_related("origin")}
    return {number: posts[pk] for number, pk in ids.items() if pk in posts}


def is_unchanged(post: Post | None, planned: PlannedPost) -> bool:
    origin = Origin.objects.of(post)
    return origin is not None and origin.digest == planned.digest
