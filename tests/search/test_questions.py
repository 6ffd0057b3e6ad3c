"""Sixty questions over the blog of 18F, where it lies beside the project: the right post is on the first page."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from app.accounts.models import User
from app.blog.models import Post
from app.search.index import update_search_index_batch
from app.search.query import search
from tests.search.test_words import SHELF

CORPUS = settings.ROOT.parent / "shared/corpus/18f/content/posts"
QUESTIONS = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))
RIGHT = 57
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the whole corpus is not beside the project"),
    pytest.mark.timeout(300),
]


def title(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("title:"))
    return line.removeprefix("title:").strip(" \"'")[:150]


@pytest.fixture
def corpus(author: User) -> None:
    """Every post, past all signals: only the index is looked at."""
    texts = {file.stem[11:]: file.read_text(encoding="utf-8") for file in sorted(CORPUS.glob("*.md"))}
    found = {name: (title(text), text.split("\n---\n", 1)[-1]) for name, text in texts.items()} | SHELF
    posts = [
        Post(
            title=heading, slug=name, content_html=f"<p>{text}</p>", author=author, status="published",
            published_at="2020-01-01T00:00Z", language=name if name in SHELF else "en", guid=name,
        )
        for name, (heading, text) in found.items()
    ]  # fmt: skip
    update_search_index_batch(post.pk for post in super(type(Post.objects.all()), Post.objects.all()).bulk_create(posts))


class TestTheRightPost:
    def test_is_on_the_first_page_for_at_least_57_of_60_questions(self, corpus: None) -> None:
        asked = [pair for part in QUESTIONS.values() for pair in part.items()]
        missed = [(text, slug) for text, slug in asked if slug not in {each.post.slug for each in search(text).results}]
        assert len(asked) == 60
        assert len(missed) <= 60 - RIGHT, missed
