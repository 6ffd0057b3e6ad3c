"""The switchboard: which event owes which effects, on one page.

A receiver writes down what is owed, in the transaction of the event, and asks to be woken after the commit. Nothing else.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.dispatch import receiver

from app.accounts.models import RegisteredVia, User
from app.accounts.signals import address_confirmed, password_renewed, user_registered
from app.audit import publication
from app.blog import effects as blog
from app.blog.models import Comment, CommentStatus, Media, Post
from app.blog.placement import Placement
from app.blog.signals import (
    comment_approved,
    comment_hidden,
    comment_posted,
    pictures_changed,
    post_created,
    post_deleted,
    post_liked,
    post_mailed,
    post_published,
    post_revised,
    post_scheduled,
    post_unscheduled,
    post_withdrawn,
    posts_relabelled,
)
from app.feeds import effects as feeds
from app.members import effects as members
from app.newsletter import effects as newsletter
from app.notices import effects as notices
from app.pagecache import effects as pages
from app.search import effects as search
from app.site.models import SiteSettings
from app.site.signals import site_changed
from app.social import effects as social
from app.stats import effects as stats
from owed import clock, record, run_now

IN_FEEDS = {"name", "tagline", "description", "language"}
"""Settings of the publication that feeds show."""


@receiver(post_published, weak=False, dispatch_uid="tasks.publish_everywhere")
def publish_everywhere(sender: type[Post], post: Post, **kwargs: Any) -> None:
    is_new, was_public = _is_new(post), post.was_public
    owed = record(
        *publication.always(post.pk),
        *(publication.announced(post.pk) if is_new else publication.shown_again(post.pk) if was_public else ()),
        *(publication.drawn(post.pk) if is_new or was_public else ()),
        about=post,
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_mailed, weak=False, dispatch_uid="tasks.mail_alone")
def mail_alone(sender: type[Post], post: Post, **kwargs: Any) -> None:
    owed = record(newsletter.announce.si(post_id=post.pk), about=post)
    transaction.on_commit(owed.enqueue, robust=True)


def _is_new(post: Post) -> bool:
    """Return whether it is news: an imported archive is not announced."""
    now = post.moved_at or clock.now()
    return bool(post.published_at and post.published_at > now - settings.ANNOUNCE_WITHIN)


@receiver(post_revised, weak=False, dispatch_uid="tasks.show_the_revision")
def show_the_revision(sender: type[Post], post: Post, before: Placement, after: Placement, **kwargs: Any) -> None:
    # The old feeds are named here: a worker would find only those that the post is in now.
    owed = record(
        search.refresh.si(post_id=post.pk),
        feeds.follow.si(post_id=post.pk),
        *(feeds.refresh.si(scope=scope) for scope in sorted(before.feeds() - after.feeds())),
        pages.purge.si(post_id=post.pk, also=sorted(before.scopes())),
        social.follow.si(post_id=post.pk),
        *publication.drawn(post.pk),
        about=post,
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_withdrawn, weak=False, dispatch_uid="tasks.take_away")
def take_away(sender: type[Post], post: Post, placement: Placement, **kwargs: Any) -> None:
    """Name the feeds here: before a worker looks, the post may stand elsewhere, or be deleted."""
    owed = record(
        search.refresh.si(post_id=post.pk),
        *(feeds.refresh.si(scope=scope) for scope in sorted(placement.lists())),
        stats.rank.si(post_id=post.pk).set(countdown=1),
        pages.purge.si(post_id=post.pk),
        social.follow.si(post_id=post.pk),
        about=post,
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_deleted, weak=False, dispatch_uid="tasks.clear_away")
def clear_away(sender: type[Post], post_id: int, before: Placement, **kwargs: Any) -> None:
    owed = record(
        search.remove.si(post_id=post_id),
        *(feeds.refresh.si(scope=scope) for scope in sorted(before.feeds())),
        pages.purge.si(post_id=post_id, also=sorted(before.scopes())),
        social.follow.si(post_id=post_id),
        about=f"post:{post_id}",
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(posts_relabelled, weak=False, dispatch_uid="tasks.show_the_name")
def show_the_name(sender: type[Model], post_ids: list[int], scope: str, part: int, **kwargs: Any) -> None:
    """Owe a part a second: a category of thousands holds up no publication."""
    relabel = (feeds.relabel, search.relabel) if post_ids else ()
    owed = record(
        feeds.refresh.si(scope=scope),
        *(each.si(post_ids=post_ids).set(countdown=part) for each in relabel),
        about=scope,
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(pictures_changed, weak=False, dispatch_uid="tasks.show_the_picture")
def show_the_picture(sender: type[Media], media: Media, post_ids: list[int], **kwargs: Any) -> None:
    # Pages have versions; a feed is kept as it was made, with the address and the description of then.
    owed = record(*(feeds.follow.si(post_id=pk) for pk in post_ids), about=f"media:{media.pk}")
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_created, weak=False, dispatch_uid="tasks.tell_editors")
def tell_editors(sender: type[Post], post: Post, **kwargs: Any) -> None:
    """Notify editors of what was written here; an imported archive does not wait for review."""
    # An imported post has a source; editors asked for the import, and need no notice of each of its posts.
    if post.source is None:
        owed = record(notices.review.si(post_id=post.pk), about=post)
        transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_scheduled, weak=False, dispatch_uid="tasks.publish_in_time")
def publish_in_time(sender: type[Post], post: Post, **kwargs: Any) -> None:
    owed = record(blog.publish_scheduled.si(post_id=post.pk).set(eta=post.publish_at), about=post)
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_unscheduled, weak=False, dispatch_uid="tasks.close_schedule")
def close_schedule(sender: type[Post], post: Post, **kwargs: Any) -> None:
    """Let the effect that waits for the old time look now: it finds nothing to publish, and is done."""
    owed = run_now(blog.publish_scheduled, about=post)
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(comment_posted, weak=False, dispatch_uid="tasks.judge_guest")
def judge_guest(sender: type[Comment], comment: Comment, **kwargs: Any) -> None:
    # The spam check looks through a week of comments: the guest who waits for the page need not wait for that.
    if comment.author_id is None and comment.status == CommentStatus.HELD:
        owed = record(blog.judge_comment.si(comment_id=comment.pk), about=f"post:{comment.post_id}")
        transaction.on_commit(owed.enqueue, robust=True)


@receiver(comment_approved, weak=False, dispatch_uid="tasks.tell_of_comment")
def tell_of_comment(sender: type[Comment], comment: Comment, **kwargs: Any) -> None:
    owed = record(
        notices.comment.si(comment_id=comment.pk),
        pages.purge.si(post_id=comment.post_id),
        about=f"post:{comment.post_id}",
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(comment_hidden, weak=False, dispatch_uid="tasks.forget_comment")
def forget_comment(sender: type[Comment], comment: Comment, **kwargs: Any) -> None:
    owed = record(pages.purge.si(post_id=comment.post_id), about=f"post:{comment.post_id}")
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(post_liked, weak=False, dispatch_uid="tasks.tell_of_like")
def tell_of_like(sender: type[Post], post: Post, user: User, **kwargs: Any) -> None:
    owed = record(
        notices.like.si(post_id=post.pk, user_id=user.pk),
        stats.track.si(verb="post_like", post_id=post.pk, user_id=user.pk),
        about=post,
    )
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(user_registered, weak=False, dispatch_uid="tasks.welcome_newcomer")
def welcome_newcomer(sender: type[User], user: User, **kwargs: Any) -> None:
    # Accounts from the admin, a command or an import were not asked for by the person: a mail would come as a surprise.
    if user.registered_via == RegisteredVia.SITE:
        owed = record(members.address.si(user_id=user.pk), about=user)
        transaction.on_commit(owed.enqueue, robust=True)


@receiver(address_confirmed, weak=False, dispatch_uid="tasks.greet")
def greet(sender: type[User], user: User, **kwargs: Any) -> None:
    owed = record(notices.welcome.si(user_id=user.pk), notices.begin.si(user_id=user.pk), about=user)
    transaction.on_commit(owed.enqueue, robust=True)


@receiver(site_changed, weak=False, dispatch_uid="tasks.rename_everywhere")
def rename_everywhere(sender: type[SiteSettings], changed: frozenset[str], **kwargs: Any) -> None:
    # Pages have the settings in their names, and mail reads them as it is written; feeds and the index are kept as made.
    owes = [*([feeds.rename.si()] if changed & IN_FEEDS else ()), *([search.read_again.si()] if "language" in changed else ())]
    if owes:
        owed = record(*owes, about="site:1")
        transaction.on_commit(owed.enqueue, robust=True)


@receiver(password_renewed, weak=False, dispatch_uid="tasks.tell_of_password")
def tell_of_password(sender: type[User], user: User, **kwargs: Any) -> None:
    owed = record(members.password.si(user_id=user.pk, at=clock.now().isoformat()), about=user)
    transaction.on_commit(owed.enqueue, robust=True)
