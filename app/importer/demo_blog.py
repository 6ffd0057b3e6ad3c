"""The demo: a blog to look at, people to sign in as, subscribers to write to, and a draft to publish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from app.accounts.models import Profile, RegisteredVia, Role, User
from app.blog.models import Category, Post, Tag
from app.importer.importer import Options, import_posts
from app.importer.progress_bar import ProgressBar
from app.importer.report import Report
from app.newsletter.models import Subscriber
from app.social.models import Account

DEMO = Path(__file__).resolve().parent / "demo"
PASSWORD = "afterword-demo"  # noqa: S105 - printed for everyone to read
DRAFT = "demo:press-publish"
SUBSCRIBERS = ("amara", "bela", "chidi", "dorothea", "emeka")
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"name": "Ada Quill", "role": Role.EDITOR, "is_staff": True, "is_superuser": True},
    "grace": {"name": "Grace Marlow", "role": Role.AUTHOR},
    "linus": {"name": "Linus Hartley", "role": Role.CONTRIBUTOR},
    "joan": {"name": "Joan Ferris", "role": Role.READER},
}
ANSWERS = {
    "grace": "The README template alone has saved us a week. Thank you for publishing these.",
    "joan": "Is there a version of the team charter for teams that have never met in one room?",
}


def seed(*, now: datetime, progress: Callable[[int], ProgressBar]) -> Report:
    """Create what is missing of the demo. Safe to do twice: what is there stays as it is."""
    people = {username: _person(username, **facts) for username, facts in PEOPLE.items()}
    options = Options(publish=True, author=people["ada"], refresh=False)
    report = import_posts(DEMO / "site", options, now=now, progress=progress)
    _subscribe(now)
    Account.objects.get_or_create(network="dummy", name="Demo network", defaults={"owner": people["ada"]})
    _draft(people["ada"])
    _converse(people)
    return report


@transaction.atomic
def _person(username: str, *, name: str, **fields: Any) -> User:
    user = User.objects.filter(username__iexact=username).first()
    if user is not None:
        return user
    user = User(username=username, email=f"{username}@example.org", registered_via=RegisteredVia.COMMAND, **fields)
    user.set_password(PASSWORD)
    user.save()
    Profile.objects.filter(user=user).update(display_name=name)
    return user


def _subscribe(now: datetime) -> None:
    """Subscribe readers, confirmed: they are made up, and example.org receives no mail."""
    agreed = {"state": Subscriber.State.CONFIRMED, "source": "demo", "consented_at": now, "confirmed_at": now}
    readers = [Subscriber(email=f"{name}@example.org", **agreed) for name in SUBSCRIBERS]
    Subscriber.objects.bulk_create(readers, ignore_conflicts=True)


@transaction.atomic
def _draft(author: User) -> None:
    if Post.objects.filter(source=DRAFT).exists():
        return
    about, _ = Category.objects.get_or_create(slug="inside-afterword", defaults={"name": "Inside Afterword"})
    post = Post(title="Press Publish and watch", author=author, category=about, source=DRAFT)
    post.content = (DEMO / "press-publish.md").read_text(encoding="utf-8")
    post.excerpt = "What happens after the button: an email per reader, three feeds, a search index, and a ledger of it all."
    post.save()
    post.tags.add(Tag.objects.get_or_create(slug="afterword", defaults={"name": "afterword"})[0])


@transaction.atomic
def _converse(people: dict[str, User]) -> None:
    """Let two readers answer the newest post, once."""
    post = Post.objects.filter(source__endswith="18f-project-defaults.md").first()
    if post is None or not post.is_public or post.comments.exists():
        return
    for username, words in ANSWERS.items():
        post.comment(author=people[username], content=words)
        post.like(people[username])
