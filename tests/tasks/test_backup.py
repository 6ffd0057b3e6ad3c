"""A backup that is loaded again: everything is as it was, and nobody hears of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from app.accounts.models import Profile, User
from app.blog import counters
from app.blog.models import Category, Post, Tag
from app.social.models import DummyPost
from owed.models import Effect
from owed.testing import drain
from tests.sinks import Sink
from tests.tasks.test_rollback import rows
from tests.tasks.world import World

COUNTS = ("pk", "title", "status", "view_count", "like_count", "comment_count", "revision")
APPS = ("contenttypes", "auth", "sessions", "admin", "django_celery_results")


@pytest.mark.django_db(transaction=True)
class TestABackup:
    @pytest.mark.covers("G4", "H1")
    @pytest.mark.parametrize("ledger", [True, False], ids=["whole", "without the ledger"])
    def test_is_loaded_and_tells_nobody(
        self, author: User, draft: Post, world: World, smtp_sink: Sink, tmp_path: Path, ledger: bool
    ) -> None:
        self._live(author, draft)
        drain()
        mails, shared = len(smtp_sink.captured), DummyPost.objects.count()
        before, posts, people = rows(), list(Post.objects.order_by("pk").values(*COUNTS)), self._people()
        left_out = APPS if ledger else (*APPS, "owed")
        call_command("dumpdata", exclude=left_out, output=str(tmp_path / "all.json"), verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        assert not Post.objects.exists()

        call_command("loaddata", str(tmp_path / "all.json"), verbosity=0)
        assert Effect.objects.count() == (before["effects_effect"] if ledger else 0)
        assert drain() == []
        assert (len(smtp_sink.captured), DummyPost.objects.count()) == (mails, shared)
        assert list(Post.objects.order_by("pk").values(*COUNTS)) == posts
        assert self._people() == people
        assert counters.drift() == []
        ours = {table for table in before if table.partition("_")[0] in {"blog", "accounts", "newsletter", "notices", "stats"}}
        assert {table: count for table, count in rows().items() if table in ours} == {table: before[table] for table in ours}

    def _live(self, author: User, draft: Post) -> None:
        reader = User.objects.create_user("rob", "rob@example.org")
        draft.revise(category=Category.objects.create(name="News", slug="news"), tags=[Tag.objects.create(name="T", slug="t")])
        draft.publish(at=timezone.now())
        draft.like(reader)
        draft.comment(author=reader, content="Well said.")
        Post.objects.filter(pk=draft.pk).update(view_count=7)
        Post.objects.create(title="A draft", content="-", author=author)

    def _people(self) -> list[tuple[int, int, int]]:
        return list(Profile.objects.order_by("pk").values_list("user_id", "post_count", "published_post_count"))
