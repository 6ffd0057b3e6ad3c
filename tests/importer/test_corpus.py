"""The whole blog of 18F, where it lies beside the project: counts are made a second time from the files themselves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from app.accounts.models import User
from app.blog.models import Media, Post, Tag
from app.importer.models import Done
from app.newsletter.models import Delivery, Subscriber
from owed.models import Effect
from owed.testing import drain, owes
from owed.waker import Hint, pack, waker
from tests.importer.sites import run_import

CORPUS = settings.ROOT.parent / "shared/corpus/18f"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the whole corpus is not beside the project"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def rung() -> Iterator[list[Hint]]:
    """Collect the hints that are published."""
    hints: list[Hint] = []
    before, waker.publish = waker.publish, hints.extend
    yield hints
    waker.publish = before


def headers() -> dict[str, dict[str, Any]]:
    """Return each file's front matter, read without the importer."""
    found = {}
    for file in sorted((CORPUS / "content/posts").glob("*.md")):
        text = file.read_text(encoding="utf-8").replace("\t", " ")
        found[f"content/posts/{file.name}"] = yaml.safe_load(text.split("---\n", 2)[1])
    return found


def day_of(source: str, header: dict[str, Any]) -> datetime:
    value = header.get("date") or date(*map(int, Path(source).name.split("-")[:3]))
    if isinstance(value, str):
        value = datetime.fromisoformat(re.sub(r" (\d):", r" 0\1:", re.sub(r" ([+-])(\d)$", r"\g<1>0\2:00", value)))
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def agree(expected: dict[str, dict[str, Any]]) -> None:
    """Compare what is in the database with what the files say."""
    posts = {post.source: post for post in Post.objects.public().select_related("author").prefetch_related("tags")}
    assert posts.keys() == expected.keys()
    for source, header in expected.items():
        post = posts[source]
        assert post.author.username == str(header["authors"][0]).lower().strip(), source
        assert {tag.name.lower() for tag in post.tags.all()} == {str(tag).lower() for tag in header["tags"]}, source
        assert post.published_at == day_of(source, header), source
    names = {str(author).lower() for header in expected.values() for author in header["authors"]}
    assert set(User.objects.values_list("username", flat=True)) == names
    assert Tag.objects.count() == len({str(tag).lower() for header in expected.values() for tag in header["tags"]})
    texts = "".join(file.read_text(encoding="utf-8") for file in (CORPUS / "content/posts").glob("*.md"))
    shown = {file for file in (CORPUS / "assets").rglob("*") if file.is_file() and f"/{file.name}" in texts}
    assert Media.objects.count() == len(shown) == 39
    images = {source: header["image"].strip("/") for source, header in expected.items() if header.get("image")}
    covers = {source for source, image in images.items() if (CORPUS / image).is_file()}
    assert {source for source, post in posts.items() if post.cover_id} == covers


@pytest.mark.covers("G5", "P10", "H16", "D13")
class TestTheWholeCorpus:
    def test_lands_with_few_hints_and_mails_nobody(self, rung: list[Hint], capsys: pytest.CaptureFixture[str]) -> None:
        Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=datetime.now(UTC))
        began = time.monotonic()
        report = run_import(CORPUS)
        seconds = time.monotonic() - began
        assert waker.wait_idle(5)

        assert (report.done[Done.CREATED], report.published, report.failed) == (504, 504, {})
        agree(headers())
        searches = pack(owes("search.refresh").values_list("task", "pk"))
        assert sum(len(hint.ids) for hint in searches) == 504
        assert len([hint for hint in rung if hint.task == "search.refresh"] + searches) <= 12
        assert not owes("email.announce").exists()
        # Drawing a picture takes a worker seconds: each has a message of its own.
        assert len([hint for hint in rung if hint.task != "media.variants"]) <= 40
        assert run_import(CORPUS).done == {Done.UNCHANGED: 504}
        owed = Effect.objects.count()
        began = time.monotonic()
        reports = drain(within=600)
        assert not Effect.objects.pending().exists()
        assert Effect.objects.filter(task="search.refresh", state="done").values("hint").distinct().count() <= 12
        assert not Delivery.objects.exists()
        story = f"504 posts in {seconds:.1f} s; {owed} effects owed; {len(rung)} hints at once, {len(searches)} of search; "
        with capsys.disabled():
            print(f"\n{story}drained in {len(reports)} runs and {time.monotonic() - began:.1f} s")
