"""What a stranger sees."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import Client

from app.blog.models import Post
from app.social.models import DummyPost


@dataclass(frozen=True)
class World:
    """What a stranger sees of a post in each channel."""

    readers: int

    def shows(self, post: Post) -> dict[str, bool]:
        client = Client()
        return {
            "feeds": post.title.encode() in client.get("/rss.xml").content,
            "search": post.get_absolute_url().encode() in client.get("/search/?q=engines").content,
            "social": DummyPost.objects.count() == 1,
        }
