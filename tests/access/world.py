"""The people of the matrix, and an object of each kind that an address can name: their own, and a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Comment, Media, Post, PostSlug, PreviewLink, Revision
from app.importer.models import Import
from app.newsletter.models import Confirmation, Delivery, Digest, ListImport, Segment, Send, Subscriber
from app.notices.models import Notice
from app.social.models import Account, DummyPost, SocialPost
from owed.models import Effect, EffectSet, Pause
from owed.schedules import Schedule
from tests import factories

PEOPLE: dict[str, dict[str, Any]] = {
    "reader": {"role": "reader"},
    "contributor": {"role": "contributor"},
    "author": {"role": "author"},
    "editor": {"role": "editor"},
    "staff": {"role": "reader", "is_staff": True},
    "superuser": {"role": "reader", "is_superuser": True, "is_staff": True},
    "inactive": {"role": "editor", "is_staff": True, "is_superuser": True},
}


def post(owner: User, **fields: Any) -> Post:
    return factories.write(owner, f"Of {owner.username}", slug=f"post-{Post.objects.count()}", **fields)


def public_post(owner: User) -> Post:
    return post(owner, status="published", published_at=timezone.now())


def picture(owner: User) -> Media:
    return Media.objects.store(factories.image(size=(4, Media.objects.count() + 1)), owner)


def comment(owner: User) -> Comment:
    return Comment.objects.create(post=public_post(owner), guest_name="Guest", content="Hm.")


def send(owner: User) -> Send:
    return Send.objects.create(post=public_post(owner), state="sending")


def delivery(owner: User) -> Delivery:
    mailing = send(owner)
    return Delivery.objects.create(send=mailing, post=mailing.post, subscriber=subscriber(owner), state="failed")


def effect(owner: User) -> Effect:
    now = timezone.now()
    times = {"created_at": now, "due_at": now, "wake_at": now, "finished_at": now}
    return Effect.objects.create(task="email.announce", queue="email", about=f"post:{post(owner).pk}", state="dead", **times)


def account(owner: User) -> Account:
    return Account.objects.create(network="dummy", name=owner.username, owner=owner)


def webhook(owner: User) -> Account:
    return Account.objects.create(network="webhook", name=owner.username, owner=owner)


def subscriber(owner: User) -> Subscriber:
    return Subscriber.objects.create(email=f"reader{Subscriber.objects.count()}@example.org", source="page")


def notice(owner: User) -> Notice:
    return Notice.objects.create(recipient=owner, kind="like", subject_key=f"post:{Notice.objects.count()}", state="failed")


def pause(owner: User) -> Pause:
    return Pause.objects.create(queue=f"queue{Pause.objects.count()}", decided_by=owner.username, since=timezone.now())


def shared(owner: User) -> SocialPost:
    return SocialPost.objects.create(account=account(owner), post=public_post(owner))


def recorded(owner: User) -> DummyPost:
    return DummyPost.objects.create(account=account(owner), key=f"key-{DummyPost.objects.count()}", revision=1)


def list_import(owner: User) -> ListImport:
    return ListImport.objects.upload(ContentFile(b"email\nlee@example.org\n", "list.csv"), by=owner)


def post_import(owner: User) -> Import:
    return Import.objects.create(user=owner, name="site.zip", state="checked")


def preview(post: Post) -> PreviewLink:
    return PreviewLink.objects.filter(post=post).first() or PreviewLink.objects.issue(post, post.author, timedelta(days=1))[0]


CALL = {"task": "email.announce", "queue": "email"}
OWNED: dict[str, Callable[[User], Any]] = {
    "account": account,
    "webhook": webhook,
    "comment": comment,
    "delivery": delivery,
    "effect": effect,
    "picture": picture,
    "post": post,
    "public post": public_post,
    "send": send,
}
"""Kinds of which a person has their own: an address is asked for that, and for a stranger's."""
SHARED: dict[str, Callable[[User], Any]] = {
    "author": lambda owner: owner.username,
    "confirmation": lambda owner: Confirmation.objects.create(subscriber=subscriber(owner), state="failed"),
    "digest": lambda owner: Digest.objects.create(
        subscriber=subscriber(owner), state="failed", period="2026-06-01", frequency="daily"
    ),
    "effect set": lambda owner: EffectSet.objects.create(
        pk=10**12 + EffectSet.objects.count(), size=1, outstanding=1, call=CALL, created_at=timezone.now()
    ),
    "import": post_import,
    "list import": list_import,
    "notice": notice,
    "old address": lambda owner: PostSlug.objects.create(post=post(owner), slug=f"old-{PostSlug.objects.count()}"),
    "pause": pause,
    "recorded": recorded,
    "schedule": lambda owner: Schedule.objects.create(
        name="test.plan", task="upkeep.forget_history", every=60, next_at=timezone.now()
    ),
    "share": shared,
    "segment": lambda owner: Segment.objects.create(name="All", created_by=owner),
    "subscriber": subscriber,
}
"""Kinds of the whole publication."""
PARTS: dict[str, Callable[[Any], Any]] = {
    "number": lambda post: Revision.objects.get_or_create(post=post, number=1, defaults={"title": post.title})[0].number,
    "link_id": lambda post: preview(post).pk,
    "preview_id": lambda post: preview(post).pk,
}
"""What a second name of an address stands for: a part of the object that the first one names."""


def people() -> dict[str, User]:
    """Return a new user of each kind, by name; `stranger` owns what is not theirs."""
    made = {name: factories.person(name, **fields) for name, fields in PEOPLE.items()}
    User.objects.filter(username="inactive").update(is_active=False)
    return {**made, "stranger": factories.person("stranger", "author")}
