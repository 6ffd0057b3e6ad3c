"""An import whose process dies goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from app.blog.models import Post
from app.importer.models import Done
from owed.models import Effect
from tests.importer.sites import post, run_import

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("P10", "G5", "D13")]
POSTS = 24


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for number in range(POSTS):
        post(tmp_path, f"post-{number:02}.md", title=f"Post {number}", author=f"author-{number % 5}", tags=["a"])
    return tmp_path


def start(site: Path, **variables: str) -> subprocess.Popen[bytes]:
    database = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
    command = [sys.executable, "manage.py", "import_posts", str(site), "--publish", "--chunk", "4"]
    environ = {**os.environ, "DATABASE_URL": database, **variables}
    return subprocess.Popen(command, cwd=settings.ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def whole() -> bool:
    """Say whether every post that is there is there with all that belongs to it."""
    posts = Post.objects.prefetch_related("tags")
    return all(each.is_public and len(each.tags.all()) == 1 and hasattr(each, "origin") for each in posts)


class TestAKilledImport:
    @pytest.mark.parametrize(
        ("where", "landed"), [pytest.param("after-insert", 0, marks=pytest.mark.slow), ("after-commit", 4)]
    )
    def test_has_committed_whole_chunks_and_goes_on(self, site: Path, where: str, landed: int) -> None:
        assert start(site, OWED_CRASH_AT=where).wait(60) == 137
        assert Post.objects.count() == landed
        assert whole()
        report = run_import(site)
        assert (report.done[Done.CREATED], report.done[Done.UNCHANGED]) == (POSTS - landed, landed)
        assert (Post.objects.public().count(), Effect.objects.filter(task="search.refresh").count()) == (POSTS, POSTS)

    @pytest.mark.slow
    def test_goes_on_after_a_kill_at_any_parse_date(self, site: Path) -> None:
        process = start(site)
        deadline = time.monotonic() + 60
        while not Post.objects.exists() and time.monotonic() < deadline:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        assert Post.objects.count() % 4 == 0
        assert whole()
        run_import(site)
        assert (Post.objects.public().count(), Effect.objects.filter(task="search.refresh").count()) == (POSTS, POSTS)
