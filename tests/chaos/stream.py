"""`python -m tests.chaos.stream`: a site in use. Once a second a post is revised and a reader signs up, until SIGTERM."""

from __future__ import annotations

import signal
import threading
from itertools import count

import django

django.setup()

from django.db.models import QuerySet  # noqa: E402  after the settings are read
from django.utils import timezone  # noqa: E402

from app.accounts.models import User  # noqa: E402
from app.blog.models import Post  # noqa: E402
from app.newsletter.models import Subscriber  # noqa: E402

PACE = 1.0
stopped = threading.Event()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    author = User.objects.get(username="chaos")
    post = Post(author=author, title="Told as it happens", slug="stream", status="published", published_at=timezone.now())
    QuerySet(Post).bulk_create([post])
    for number in count():
        Post.objects.get(pk=post.pk).revise(content=f"What is known by minute {number}.")
        Subscriber.objects.subscribe(f"stream{number}@example.org", source="chaos", consent="yes")
        if stopped.wait(PACE):
            return


if __name__ == "__main__":
    main()
