"""When Markdown becomes HTML: before others wait for it, and once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from app.accounts.models import Profile
from app.blog import bio, markdown
from app.blog.models import Post
from app.blog.models import comment as comments
from tests.factories import person, publish, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Return what was rendered, each with whether a transaction was open then."""
    seen: list[tuple[str, bool]] = []

    def noted(render: Any) -> Any:
        def note(text: str) -> Any:
            seen.append((text, connection.in_atomic_block))
            return render(text)

        return note

    monkeypatch.setattr(markdown, "render", noted(markdown.render))
    monkeypatch.setattr(comments, "render_comment", noted(markdown.render_comment))
    monkeypatch.setattr(bio, "render", noted(bio.render))
    return seen


class TestRendering:
    def test_of_a_post_comes_before_the_transaction_and_once(self, rendered: list[tuple[str, bool]]) -> None:
        post = write(person("ann", "author"), content="one")
        post.revise(content="two")
        post.content = "three"
        post.save()
        assert rendered == [("one", False), ("two", False), ("three", False)]
        assert "three" in Post.objects.get().content_html

    def test_of_a_comment_comes_before_the_transaction(self, rendered: list[tuple[str, bool]]) -> None:
        author = person("ann", "author")
        post = publish(author, content="one")
        post.comment(author=author, content="two")
        assert ("two", False) in rendered

    def test_in_the_studio_comes_before_the_transaction(self, rendered: list[tuple[str, bool]], client: Client) -> None:
        client.force_login(person("ann", "author"))
        client.post("/studio/posts/new/", {"title": "A", "content": "one"})
        post = Post.objects.get()
        client.post(f"/studio/posts/{post.pk}/", {"title": "A", "content": "two", "slug": post.slug, "revision": post.revision})
        assert rendered == [("one", False), ("two", False)]

    def test_of_a_bio_comes_when_it_is_saved(self, rendered: list[tuple[str, bool]], client: Client) -> None:
        profile = person("ann").profile
        profile.bio = "Writes *much*."
        profile.save(update_fields=["bio"])
        rendered.clear()
        for _ in range(2):
            assert b"Writes <em>much</em>." in client.get("/authors/ann/").content
        assert rendered == []

    def test_of_a_bio_of_an_earlier_release_is_made_up_for_once(self, rendered: list[tuple[str, bool]], client: Client) -> None:
        person("ann")
        Profile.objects.update(bio="Writes *much*.", bio_html="")
        for _ in range(2):
            assert b"Writes <em>much</em>." in client.get("/authors/ann/").content
        assert len(rendered) == 1
