"""Writers, posts, what was said about them, and threads with connections of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from app.accounts.models import Role, User
from app.blog import signals
from app.blog.models import Post

SIGNALS = (
    "post_created",
    "post_published",
    "post_scheduled",
    "post_revised",
    "post_withdrawn",
    "post_deleted",
    "post_liked",
    "post_unliked",
    "comment_posted",
    "comment_approved",
    "comment_hidden",
)
Said = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("ada", role=Role.AUTHOR)


@pytest.fixture
def reader(db: None) -> User:
    return User.objects.create_user("rob")


@pytest.fixture
def draft(author: User) -> Post:
    return Post.objects.create(title="On engines", content="Some *words*.", author=author)


@pytest.fixture
def public(author: User) -> Post:
    return Post.objects.create(title="In public", content="For all.", author=author, status="published")


@pytest.fixture
def said() -> Iterator[Said]:
    """Collect what the room says: names of signals and what came with them, but for sender and signal."""
    heard: Said = []
    listeners = {name: _listener(name, heard) for name in SIGNALS}
    for name, listener in listeners.items():
        getattr(signals, name).connect(listener)
    yield heard
    for name, listener in listeners.items():
        getattr(signals, name).disconnect(listener)


def _listener(name: str, heard: Said) -> Callable[..., None]:
    def listen(sender: type, signal: Any, **kwargs: Any) -> None:
        heard.append((name, kwargs))

    return listen


def names(said: Said) -> list[str]:
    return [name for name, _ in said]


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions at the same moment, each on a connection of its own. Return results, or the errors they raised."""
    barrier, results = Barrier(len(actions)), [None] * len(actions)

    def run(number: int, action: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            results[number] = action()
        except Exception as error:
            results[number] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, action)) for number, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def image(color: str = "red", size: tuple[int, int] = (4, 3)) -> ContentFile:
    file = ContentFile(b"", name="picture.png")
    Image.new("RGB", size, color).save(file, "PNG")
    file.seek(0)
    return file


def counts(user: User) -> tuple[int, int]:
    user.profile.refresh_from_db()
    return user.profile.post_count, user.profile.published_post_count


def publish(post: Post) -> None:
    post.publish(at=timezone.now())
