"""Views: noted in memory, written by a thread, counted exactly once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from app.blog.signals import post_viewed
from app.stats import activity, page_views, retention
from app.stats.activity import erase, export, track_user_activity
from app.stats.models import Activity, Salt, View
from owed import record, registry, scheduling
from owed.testing import drain
from tests.proof.processes import environment
from tests.stats.requests import BROWSER, count, get
from tests.waiting import wait_until

PROCESS = """
import os, signal, sys
import django
django.setup()
from app.blog.models import Post
from app.stats import page_views
from app.stats.models import View
from tests.stats.requests import get
from tests.waiting import wait_until
post = Post.objects.get()
page_views.see(get("203.0.113.1"), post)
wait_until(View.objects.exists)
page_views.see(get("203.0.113.2"), post)
if sys.argv[1] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


class TestAView:
    @pytest.mark.covers("M5", "H21")
    def test_is_counted_once_for_each_visitor(self, post: Post, buffer: page_views.Buffer) -> None:
        for n in range(200):
            assert page_views.see(get(f"203.0.113.{n}"), post)
        buffer.flush()
        drain()
        drain()
        assert count(post) == 200

    @pytest.mark.covers("H25")
    def test_is_one_for_ten_reloads(self, post: Post, buffer: page_views.Buffer) -> None:
        for _ in range(10):
            page_views.see(get(), post)
            buffer.flush()
        drain()
        assert count(post) == 1

    @pytest.mark.covers("H25")
    @pytest.mark.parametrize(
        "headers",
        [{"User-Agent": "Googlebot/2.1"}, {"User-Agent": ""}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}],
        ids=["bot", "nameless", "prerender", "prefetch"],
    )
    def test_is_none_for_what_nobody_reads(self, post: Post, buffer: page_views.Buffer, headers: dict[str, str]) -> None:
        assert not page_views.see(get(**headers), post)

    @pytest.mark.covers("H25")
    def test_is_none_for_the_author_and_for_head(self, post: Post, author: User, buffer: page_views.Buffer) -> None:
        assert not page_views.see(get(user=author), post)
        assert not page_views.see(get(method="HEAD"), post)
        assert page_views.see(get(user=User.objects.create_user("eve", role=Role.AUTHOR)), post)

    @pytest.mark.covers("H25")
    @pytest.mark.parametrize("duty", [{"role": Role.EDITOR}, {"is_staff": True}], ids=["an editor", "staff"])
    def test_is_none_for_those_who_work_here(self, post: Post, buffer: page_views.Buffer, duty: dict[str, Any]) -> None:
        assert not page_views.see(get(user=User.objects.create_user("ed", **duty)), post)

    @pytest.mark.covers("H24", "M15")
    def test_leaves_the_page_valid_that_a_reader_has(self, post: Post, buffer: page_views.Buffer, client: Client) -> None:
        url, browser = post.get_absolute_url(), {"User-Agent": BROWSER}
        drain()  # the post's card is drawn, which the page names
        tag = client.get(url, headers=browser)["ETag"]
        buffer.flush()
        drain()
        assert count(post) == 1
        assert client.get(url, headers={**browser, "If-None-Match": tag}).status_code == 304

    @pytest.mark.covers("H22")
    def test_of_a_deleted_post_brings_nothing_back(self, post: Post, buffer: page_views.Buffer) -> None:
        page_views.see(get(), post)
        Post.objects.filter(pk=post.pk).delete()
        buffer.flush()
        drain()
        assert not Post.objects.exists()
        assert not View.objects.exists()

    @pytest.mark.covers("H23")
    def test_keeps_no_address_and_forgets_its_salt(self, post: Post, buffer: page_views.Buffer) -> None:
        page_views.see(get("198.51.100.77"), post)
        buffer.flush()
        with connection.cursor() as cursor:
            cursor.execute("SELECT stats_view::text FROM stats_view")
            [(row,)] = cursor.fetchall()
        assert "198.51" not in row
        assert "Firefox" not in row
        retention.forget(timezone.now() + timedelta(days=1))
        assert not Salt.objects.exists()

    @pytest.mark.covers("H33", "H24")
    def test_is_told_with_post_and_user_and_writes_nothing_in_the_request(
        self, post: Post, buffer: page_views.Buffer, django_assert_num_queries: Any
    ) -> None:
        heard: list[dict[str, Any]] = []

        def listen(**kwargs: Any) -> None:
            heard.append(kwargs)

        page_views.see(get("203.0.113.1"), post)
        post_viewed.connect(listen)
        try:
            with django_assert_num_queries(0):
                page_views.see(get("203.0.113.2"), post)
        finally:
            post_viewed.disconnect(listen)
        assert [(each["sender"], each["post"], each["user"]) for each in heard] == [(Post, post, None)]

    @pytest.mark.covers("H21", "H24")
    def test_touches_no_text_no_status_and_no_time(self, post: Post, buffer: page_views.Buffer) -> None:
        before = Post.objects.filter(pk=post.pk).values("title", "status", "updated_at", "revision").get()
        page_views.see(get(), post)
        buffer.flush()
        drain()
        assert Post.objects.filter(pk=post.pk).values("title", "status", "updated_at", "revision").get() == before

    def test_is_kept_while_the_database_is_away(self, post: Post, buffer: page_views.Buffer, monkeypatch: Any) -> None:
        from django.db import OperationalError

        def refuse(batch: object) -> int:
            raise OperationalError("away")

        page_views.see(get(), post)
        with monkeypatch.context() as away:
            away.setattr(page_views, "write", refuse)
            with pytest.raises(OperationalError):
                buffer.flush()
        buffer.flush()
        drain()
        assert count(post) == 1

    def test_that_nobody_can_write_does_not_end_the_thread(
        self, post: Post, buffer: page_views.Buffer, monkeypatch: Any
    ) -> None:
        def fail(batch: object) -> int:
            raise ZeroDivisionError

        page_views.see(get(), post)
        with monkeypatch.context() as broken:
            broken.setattr(page_views, "write", fail)
            buffer._try_flush()
        page_views.see(get("203.0.113.6"), post)
        buffer._try_flush()
        assert View.objects.count() == 1


class TestFolding:
    @pytest.mark.covers("M5", "A7")
    def test_done_five_times_counts_once(self, post: Post, buffer: page_views.Buffer) -> None:
        for n in range(7):
            page_views.see(get(f"203.0.113.{n}"), post)
        buffer.flush()
        for _ in range(5):
            page_views.fold([post.pk])
        assert count(post) == 7

    @pytest.mark.covers("M5", "A7")
    def test_undone_halfway_counts_all_the_next_time(self, post: Post, buffer: page_views.Buffer) -> None:
        page_views.see(get(), post)
        buffer.flush()
        with pytest.raises(RuntimeError), transaction.atomic():
            page_views.fold([post.pk])
            raise RuntimeError
        assert count(post) == 0
        drain()
        assert count(post) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.covers("A7")
class TestAProcess:
    """Kill it, and the views of its last second are lost, no others."""

    @pytest.mark.long
    @pytest.mark.parametrize(("ending", "code", "views_kept"), [("end", 0, 2), ("kill", -9, 1)])
    def test_keeps_what_it_has_written_and_writes_the_rest_where_it_may(
        self, post: Post, ending: str, code: int, views_kept: int
    ) -> None:
        done = subprocess.run([sys.executable, "-c", PROCESS, ending], env=environment(), timeout=60, check=False)
        assert done.returncode == code
        assert View.objects.count() == views_kept
        drain()
        assert count(post) == views_kept

    def test_writes_within_a_second_though_nobody_asks(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        fresh = page_views.Buffer()
        monkeypatch.setattr(page_views, "buffer", fresh)
        page_views.see(get(), post)
        wait_until(View.objects.exists)
        fresh.close()
        [view] = View.objects.all()
        assert page_views.FLUSH_EVERY < 1
        assert timezone.now() - view.seen_at < timedelta(seconds=5)


class TestActivity:
    @pytest.mark.covers("E9")
    def test_is_one_row_for_a_view_and_one_for_a_like(self, post: Post, buffer: page_views.Buffer) -> None:
        reader = User.objects.create_user("rob")
        for _ in range(3):
            page_views.see(get(user=reader), post)
        buffer.flush()
        post.like(reader)
        post.unlike(reader)
        post.like(reader)
        drain()
        assert [row["verb"] for row in export(reader.pk)] == ["post_view", "post_like"]

    @pytest.mark.covers("E9")
    def test_is_erased_on_request_and_with_the_account(self, post: Post, buffer: page_views.Buffer) -> None:
        reader = User.objects.create_user("rob")
        page_views.see(get(user=reader), post)
        buffer.flush()
        assert erase(reader.pk) == 1
        page_views.see(get(user=reader), post)
        buffer.flush()
        reader.delete()
        assert not Activity.objects.exists()

    @pytest.mark.covers("E9")
    def test_knows_no_other_verbs_than_its_own(self, post: Post, author: User) -> None:
        with pytest.raises(ValueError, match="shouted"):
            activity.track_user_activity(author.pk, "shouted", post.pk, at=timezone.now())
        activity.track_user_activity(author.pk, "post_like", post.pk, at=timezone.now())
        with pytest.raises(IntegrityError, match="activity_verb_known"), transaction.atomic():
            Activity.objects.update(verb="shouted")
        assert not track_user_activity(None, "post_view", post)

    @pytest.mark.covers("E9")
    def test_is_forgotten_after_its_time(self, post: Post, buffer: page_views.Buffer) -> None:
        reader = User.objects.create_user("rob")
        page_views.see(get(user=reader), post)
        buffer.flush()
        View.objects.update(seen_at=F("seen_at") - timedelta(days=364))
        Activity.objects.update(created_at=F("created_at") - timedelta(days=364))
        self._a_day_passes()
        assert [row["verb"] for row in export(reader.pk)] == ["post_view"]
        Activity.objects.update(created_at=F("created_at") - timedelta(days=2))
        self._a_day_passes()
        assert not Activity.objects.exists()
        assert not View.objects.exists()

    def _a_day_passes(self) -> None:
        """Do what beat owes once a day."""
        plan = scheduling.find("stats.forget")
        assert plan is not None
        assert plan.timing.next_after(timezone.now()) <= timezone.now() + timedelta(days=1)
        with transaction.atomic():
            record(registry.get("stats.forget").si())
        drain()
