"""One publication and its channels: each hears of it once, and none waits for another."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import ApiToken, User
from app.blog.models import Post
from app.newsletter.models import Delivery, Send, Subscriber
from app.social.models import DummyPost
from app.stats import page_views
from owed.models import Effect
from owed.testing import drain, owes
from tasks import receivers
from tests.sinks import CUT, HANG, FaultyServer, Sink
from tests.stats.requests import get
from tests.tasks.world import World

pytestmark = pytest.mark.django_db
EVERYWHERE = {"feeds": True, "search": True, "social": True}
CHANNELS = {
    "email": ("tasks.email.send_publication_notifications", "email.announce"),
    "feeds": ("tasks.feeds.update_rss_feed", "feeds.refresh"),
    "search": ("tasks.search.update_search_index_batch", "search.refresh"),
    "social": ("app.social.sharing.share", "social.share"),
}


def press(author: User, draft: Post) -> int:
    """Press Publish in the studio."""
    client = Client()
    client.force_login(author)
    return client.post(f"/studio/posts/{draft.pk}/publication").status_code


def again() -> None:
    """Let all that waits for another try have it now."""
    Effect.objects.filter(state="waiting").update(state="ready")
    drain()


class TestADeadMailServer:
    @pytest.mark.covers("G11", "G13")
    @pytest.mark.parametrize("fault", [CUT, "421 4.3.2 not now"])
    def test_stops_no_other_channel_and_no_mail(
        self, author: User, draft: Post, world: World, faulty: FaultyServer, fault: str
    ) -> None:
        faulty.faults = {"banner": fault}
        assert press(author, draft) == 302
        drain()
        assert world.shows(draft) == EVERYWHERE
        assert faulty.accepted == []
        faulty.heal()
        for _ in range(3):
            again()
        assert len(faulty.accepted) == Delivery.objects.filter(state="sent").count() == world.readers


class TestAChannelThatFailsThreeTimes:
    @pytest.mark.covers("H19", "G11")
    @pytest.mark.parametrize("broken", CHANNELS)
    def test_is_late_and_all_hear_once(
        self, author: User, draft: Post, world: World, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        place, task = CHANNELS[broken]
        module, _, name = place.rpartition(".")
        failing = FailingThrice(getattr(importlib.import_module(module), name))
        monkeypatch.setattr(place, failing)
        press(author, draft)
        drain()
        assert EVERYWHERE.items() - world.shows(draft).items() <= {(broken, True)}
        assert len(smtp_sink.captured) == (0 if broken == "email" else world.readers)
        for _ in range(4):
            again()
        assert failing.calls > 3
        assert world.shows(draft) == EVERYWHERE
        assert len({each.recipient for each in smtp_sink.captured}) == len(smtp_sink.captured) == world.readers
        assert not Effect.objects.filter(task=task).exclude(state="done").exists()


class FailingThrice:
    def __init__(self, original: Callable[..., Any]) -> None:
        self.original, self.calls = original, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls <= 3:
            raise ConnectionError("away")
        return self.original(*args, **kwargs)


class TestAPublication:
    @pytest.mark.covers("H18", "A5")
    def test_is_told_once_whatever_readers_and_writers_do_after(
        self, author: User, draft: Post, world: World, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        buffer = page_views.Buffer()
        monkeypatch.setattr(buffer, "_thread", Thread())
        monkeypatch.setattr(page_views, "buffer", buffer)
        press(author, draft)
        drain()
        reader = User.objects.create_user("rob", "rob@example.org")
        for number in range(100):
            post = Post.objects.get()
            page_views.see(get(f"203.0.113.{number}"), post)
            post.like(reader)
            post.unlike(reader)
            post.save()
        for number in range(10):
            post.comment(author=reader, content=f"Number {number}.")
            post.revise(content=f"Words {number}.")
            buffer.flush()
            drain()
        newsletters = [each for each in smtp_sink.captured if each.message["Subject"] == draft.title]
        assert sorted(each.recipient for each in newsletters) == [f"r{n}@example.org" for n in range(world.readers)]
        assert DummyPost.objects.count() == 1
        assert Post.objects.get().view_count == 100

    @pytest.mark.covers("G3")
    def test_heard_twice_is_told_once(self, author: User, draft: Post, world: World, smtp_sink: Sink) -> None:
        importlib.reload(receivers)
        press(author, draft)
        receivers.publish_everywhere(sender=Post, post=Post.objects.get())
        assert owes("email.announce").count() == 2
        drain()
        assert len(smtp_sink.captured) == world.readers
        assert (Send.objects.count(), DummyPost.objects.count()) == (1, 1)
        author.profile.refresh_from_db()
        assert (author.profile.post_count, author.profile.published_post_count) == (1, 1)

    @pytest.mark.covers("H16", "A1")
    @pytest.mark.parametrize("way", ["studio", "admin", "api", "schedule", "import", "save", "queryset", "bulk_create"])
    def test_is_one_on_every_way(self, author: User, draft: Post, tmp_path: Path, way: str) -> None:
        WAYS[way](author, draft, tmp_path)
        published = Post.objects.public().get()
        assert owes("email.announce", about=published).count() == 1
        assert owes("social.share", about=published).count() == 1
        drain()
        assert Send.objects.get().post == published
        author.profile.refresh_from_db()
        assert author.profile.published_post_count == 1


def by_admin(author: User, draft: Post, folder: Path) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    client.post("/admin/blog/post/", {"action": "publish", "_selected_action": [draft.pk]})


def by_api(author: User, draft: Post, folder: Path) -> None:
    token = ApiToken.objects.issue(author)[1]
    assert (
        Client()
        .post(
            f"/api/v1/posts/{draft.pk}/publication",
            content_type="application/json",
            headers={"Authorization": f"Token {token}"},
        )
        .status_code
        == 201
    )


def by_schedule(author: User, draft: Post, folder: Path) -> None:
    draft.schedule(publish_at=timezone.now())
    assert Post.objects.publish_due(timezone.now()) == 1


def by_import(author: User, draft: Post, folder: Path) -> None:
    draft.delete()
    text = f"---\ntitle: Brought in\ndate: {timezone.now():%Y-%m-%dT%H:%M:%S+00:00}\n---\nWords.\n"
    (folder / "_posts").mkdir()
    (folder / "_posts" / f"{timezone.now():%Y-%m-%d}-brought-in.md").write_text(text)
    call_command("import_posts", folder, publish=True, author=author.username, verbosity=0)


def by_save(author: User, draft: Post, folder: Path) -> None:
    draft.status = "published"
    draft.save()


def by_bulk_create(author: User, draft: Post, folder: Path) -> None:
    draft.delete()
    Post.objects.bulk_create([Post(title="Many", content="-", author=author, status="published")])


WAYS: dict[str, Callable[[User, Post, Path], object]] = {
    "studio": lambda author, draft, folder: press(author, draft),
    "admin": by_admin,
    "api": by_api,
    "schedule": by_schedule,
    "import": by_import,
    "save": by_save,
    "queryset": lambda author, draft, folder: Post.objects.all().publish(at=timezone.now()),
    "bulk_create": by_bulk_create,
}


class TestTheRequest:
    @pytest.mark.covers("G13", "D19")
    @pytest.mark.timed
    def test_costs_the_same_for_one_reader_and_for_ten_thousand_with_every_server_hanging(
        self, author: User, faulty: FaultyServer
    ) -> None:
        faulty.faults = {"banner": HANG}
        few = self._measure(author)
        now = timezone.now()
        Subscriber.objects.bulk_create(
            Subscriber(email=f"r{n}@example.org", state="confirmed", confirmed_at=now) for n in range(10_000)
        )
        many = self._measure(author)
        assert many[0] == few[0]
        assert many[1] - few[1] < 0.020
        assert faulty.connections == 0

    def _measure(self, author: User) -> tuple[set[int], float]:
        """Return the numbers of queries of ten publish requests, and the seconds of the quickest: others share the machine."""
        client = Client()
        client.force_login(author)
        posts = [Post.objects.create(title=f"P{n}", content="-", author=author) for n in range(11)]
        queries, seconds = [], []
        for post in posts:
            began = time.perf_counter()
            with CaptureQueriesContext(connection) as captured:
                assert client.post(f"/studio/posts/{post.pk}/publication").status_code == 302
            seconds.append(time.perf_counter() - began)
            queries.append(len(captured))
        return set(queries[1:]), min(seconds[1:])
