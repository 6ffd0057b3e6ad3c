"""The switchboard: which event owes which effects, in one INSERT, with nothing slow in it."""

from __future__ import annotations

import ast
import inspect
import socket
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.audit import publication
from app.blog.models import Post, Tag
from app.blog.signals import post_published
from app.social import effects as social
from owed import owe
from owed.models import Effect
from owed.testing import drain, owes
from tasks import receivers
from tasks.checks import switchboard
from tests.proof.processes import environment
from tools.devserver.server import ROOT


def owed(post: Post) -> list[str]:
    return sorted(Effect.objects.about(post).values_list("task", flat=True))


class TestPublishing:
    @pytest.mark.covers("D17", "D18", "H16", "G10")
    def test_owes_mail_feeds_social_search_cache_and_ranking(self, draft: Post) -> None:
        draft.publish(at=timezone.now())
        assert owed(draft) == [
            "cache.purge", "email.announce", "feeds.follow", "media.card", "search.refresh", "social.share", "stats.rank",
        ]  # fmt: skip

    @pytest.mark.covers("G13", "D16")
    def test_owes_them_in_one_statement(self, draft: Post) -> None:
        with CaptureQueriesContext(connection) as queries:
            draft.publish(at=timezone.now())
        assert sum("INSERT INTO effects_effect" in query["sql"] for query in queries) == 1

    @pytest.mark.covers("P10")
    def test_of_an_archive_mails_and_shares_with_nobody(self, draft: Post) -> None:
        draft.publish(at=timezone.now() - timedelta(days=400))
        assert owed(draft) == ["feeds.follow", "search.refresh", "stats.rank"]

    @pytest.mark.covers("G12")
    def test_owes_nothing_when_it_is_rolled_back(self, draft: Post) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            draft.publish(at=timezone.now())
            raise RuntimeError
        assert owed(draft) == []

    @pytest.mark.covers("H2")
    def test_has_not_happened_for_a_draft(self, author: User) -> None:
        post = Post.objects.create(title="Not yet", content="...", author=author)
        assert owed(post) == ["email.review"]

    @pytest.mark.covers("H20", "X8")
    def test_in_time_waits_in_the_ledger_and_not_in_the_broker(self, draft: Post) -> None:
        at = timezone.now() + timedelta(hours=2)
        draft.schedule(publish_at=at)
        effect = owes("upkeep.publish_scheduled").get()
        assert effect.state == "waiting"
        assert abs((effect.wake_at - at).total_seconds()) < 2
        Effect.objects.filter(pk=effect.pk).update(state="ready")
        drain()
        assert Post.objects.get(pk=draft.pk).status == "scheduled"

    @pytest.mark.covers("H20")
    @pytest.mark.parametrize("revoke", ["unschedule", "publish", "delete", "save"])
    def test_at_a_time_that_was_revoked_leaves_nothing_open(self, draft: Post, revoke: str) -> None:
        draft.schedule(publish_at=timezone.now() + timedelta(days=30))
        if revoke == "save":
            draft.status = "draft"
        getattr(draft, revoke)()
        drain()
        assert not Effect.objects.pending().exists()
        assert Effect.objects.filter(task="upkeep.publish_scheduled").count() == 1

    @pytest.mark.covers("H20")
    def test_at_another_time_leaves_the_new_time_alone_open(self, draft: Post) -> None:
        for days in (30, 31, 32):
            draft.schedule(publish_at=timezone.now() + timedelta(days=days))
        drain()
        [left] = owes("upkeep.publish_scheduled")
        assert (left.wake_at - timezone.now()).days == 31
        assert Post.objects.get().status == "scheduled"

    @pytest.mark.covers("H20")
    def test_keeps_its_time_when_a_revocation_is_rolled_back(self, draft: Post) -> None:
        draft.schedule(publish_at=timezone.now() + timedelta(days=30))
        with pytest.raises(RuntimeError), transaction.atomic():
            draft.unschedule()
            raise RuntimeError
        drain()
        assert owes("upkeep.publish_scheduled").get().state == "waiting"

    @pytest.mark.covers("H10", "H16")
    @pytest.mark.parametrize("age", [timedelta(0), timedelta(days=400)])
    def test_again_after_a_withdrawal_owes_the_networks(self, draft: Post, age: timedelta) -> None:
        draft.publish(at=timezone.now() - age)
        draft.withdraw()
        drain()
        draft.publish()
        assert owes("social.share", about=draft).count() == 1
        assert owes("email.announce", about=draft).count() == (0 if age else 1)

    @pytest.mark.covers("H10", "E3")
    def test_is_undone_everywhere_by_a_withdrawal(self, draft: Post) -> None:
        draft.publish(at=timezone.now())
        drain()
        draft.withdraw()
        assert {effect.task for effect in Effect.objects.about(draft).pending()} == {
            "cache.purge", "feeds.refresh", "search.refresh", "social.follow", "stats.rank",
        }  # fmt: skip


class TestRevising:
    @pytest.mark.covers("H10", "M15")
    def test_refreshes_at_once_the_feeds_that_the_post_has_left(self, draft: Post) -> None:
        stays, leaves, comes = (Tag.objects.create(name=name, slug=name) for name in ("stays", "leaves", "comes"))
        draft.revise(tags=[stays, leaves])
        draft.publish(at=timezone.now())
        draft.revise(tags=[stays, comes])
        assert [effect.args for effect in owes("feeds.refresh")] == [{"scope": f"tag:{leaves.pk}"}]

    def test_of_words_alone_leaves_no_feed(self, draft: Post) -> None:
        draft.publish(at=timezone.now())
        draft.revise(content="Other words.")
        assert not owes("feeds.refresh").exists()
        assert owes("feeds.follow").count() == 2


class TestRegistering:
    @pytest.mark.covers("H26", "H27")
    def test_on_the_site_asks_for_the_address_and_from_the_command_line_nothing(self, db: None) -> None:
        newcomer = User.objects.register("newcomer", "new@example.org", "a-long-password-77")
        root = User.objects.create_superuser("root", "root@example.org", "a-long-password-78")
        assert [effect.task for effect in Effect.objects.about(newcomer)] == ["email.address"]
        assert not Effect.objects.about(root).exists()
        assert root.profile

    @pytest.mark.covers("H27", "E11")
    def test_is_followed_by_welcome_and_first_steps_once_the_address_is_confirmed(self, db: None) -> None:
        newcomer = User.objects.register("newcomer", "new@example.org", "a-long-password-77")
        for _ in range(2):
            newcomer.confirm_address("new@example.org")
        tasks = Effect.objects.about(newcomer).order_by("pk").values_list("task", flat=True)
        assert list(tasks) == ["email.address", "email.welcome", "email.begin"]


class TestReceivers:
    @pytest.mark.covers("G2")
    @pytest.mark.django_db(transaction=True)
    def test_are_there_in_a_fresh_shell(self, author: User) -> None:
        write = (
            "from app.accounts.models import User; from app.blog.models import Post; "
            "Post.objects.create(title='T', content='-', author=User.objects.get(), status='published')"
        )
        shell = [sys.executable, "-W", "ignore", "manage.py", "shell", "-c", write]
        done = subprocess.run(shell, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert owed(Post.objects.get()) == [
            "cache.purge", "email.announce", "email.review", "feeds.follow", "media.card", "search.refresh", "social.share",
            "stats.rank",
        ]  # fmt: skip

    @pytest.mark.covers("G2")
    def test_are_each_connected_once_and_a_missing_one_is_an_error(self) -> None:
        assert run_checks(tags=["tasks"]) == []
        assert post_published.disconnect(dispatch_uid="tasks.publish_everywhere")
        try:
            [error] = run_checks(tags=["tasks"])
            assert "publish_everywhere is connected 0 times" in error.msg
        finally:
            post_published.connect(receivers.publish_everywhere, weak=False, dispatch_uid="tasks.publish_everywhere")

    @pytest.mark.covers("H5", "D16", "D17", "G9")
    @pytest.mark.parametrize("name", switchboard())
    def test_record_and_ask_to_be_woken_and_nothing_else(self, name: str) -> None:
        tree = ast.parse(inspect.getsource(getattr(receivers, name)))
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert calls & {"record", "run_now"}
        assert "transaction.on_commit" in calls
        assert not [call for call in calls if call.endswith((".save", ".delay", ".apply_async", ".send"))]

    @pytest.mark.covers("D16", "G13", "D20")
    def test_open_no_socket(self, draft: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: Any, **kwargs: Any) -> None:
            raise AssertionError("a receiver opened a connection")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        draft.publish(at=timezone.now())
        assert owes("email.announce").count() == 1


@pytest.mark.django_db(transaction=True)
class TestAPublication:
    def test_owes_what_the_audit_and_the_proof_of_delivery_look_for(self, draft: Post) -> None:
        draft.publish(at=timezone.now())
        assert unknown_to_the_audit(draft) == set()

    def test_that_owes_more_than_they_know_is_noticed(self, draft: Post) -> None:
        def owe_more(sender: type[Post], post: Post, **kwargs: Any) -> None:
            owe(social.follow.si(post_id=post.pk), about=post)

        post_published.connect(owe_more)
        try:
            draft.publish(at=timezone.now())
        finally:
            post_published.disconnect(owe_more)
        assert unknown_to_the_audit(draft) == {"social.follow"}


def unknown_to_the_audit(post: Post) -> set[str]:
    """Return what the post owes at once and is not declared as owed by a publication, or the other way round."""
    return set(Effect.objects.about(post).values_list("task", flat=True)) ^ set(publication.names())


class TestTheFamilies:
    @pytest.mark.covers("D18", "D19")
    def test_have_a_queue_each(self) -> None:
        from owed import registry
        from worker.queues import names

        bodies = [(each.queue, body.__module__) for each in registry.declared() for body in registry.bodies(each)]
        assert {queue for queue, module in bodies if module.startswith("tasks.")} == set(names())
