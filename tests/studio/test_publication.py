"""Publishing, planning, withdrawing, deleting, and the account of what followed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.blog.models import Post
from app.social.models import Account, SocialPost
from owed import broker
from owed.heartbeat import beat
from owed.models import Effect
from owed.testing import broker_down, drain, owes
from owed.waker import waker
from tests.markup import squeezed
from tests.studio.forms import Person, SignedIn, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(signed_in: SignedIn) -> Client:
    return signed_in("author")


def effect(**fields: Any) -> Effect:
    """Return an effect in a given state, as the ledger would have left it."""
    at = "2026-01-02T03:04:05Z"
    plain = {"task": "search.refresh", "queue": "search", "kind": "atomic", "wake_at": at, "due_at": at, "created_at": at}
    return Effect.objects.create(**{**plain, **fields})


def dead(post: Post, **fields: Any) -> Effect:
    over = {"state": "dead", "attempt": 20, "finished_at": "2026-01-02T03:04:05Z", "error": "Traceback\nOSError: <b>disk</b>"}
    return effect(about=f"post:{post.pk}", **{**over, **fields})


class TestPublishing:
    def test_leads_to_the_account_of_what_followed(self, writer: Client, draft: Post) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/publication")
        assert answer["Location"] == f"/studio/posts/{draft.pk}/effects/"
        page = writer.get(answer["Location"]).content.decode()
        assert "search.refresh" in page
        assert 'hx-trigger="every 1s"' in page
        assert Client().get("/posts/a-draft/").status_code == 200

    def test_saves_what_was_typed_in_the_same_step(self, writer: Client, draft: Post) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/", typed(title="Typed at last", then="publish"))
        draft.refresh_from_db()
        assert (draft.title, draft.status) == ("Typed at last", "draft")
        assert answer["Location"] == f"/studio/posts/{draft.pk}/publish/"

    def test_twice_says_so_and_owes_once(self, writer: Client, draft: Post) -> None:
        for _ in range(2):
            answer = writer.post(f"/studio/posts/{draft.pk}/publication", follow=True)
        assert b"already published" in answer.content
        assert owes("search.refresh", about=draft).count() == 1

    @pytest.mark.covers("D20", "G13")
    def test_is_as_quick_without_a_broker(self, writer: Client, draft: Post) -> None:
        with broker_down():
            before = time.monotonic()
            assert writer.post(f"/studio/posts/{draft.pk}/publication").status_code == 302
            assert time.monotonic() - before < 5
        assert owes("search.refresh", about=draft).exists()

    def test_later_needs_a_time(self, writer: Client, draft: Post) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/schedule", {"publish_at": ""}, follow=True)
        assert b"Enter a date and a time" in answer.content
        writer.post(f"/studio/posts/{draft.pk}/schedule", {"publish_at": "2031-05-06T07:08"})
        draft.refresh_from_db()
        assert (draft.status, str(draft.publish_at)) == ("scheduled", "2031-05-06 07:08:00+00:00")
        writer.post(f"/studio/posts/{draft.pk}/schedule", {"_method": "delete"})
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_later_is_not_earlier(self, writer: Client, draft: Post) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/schedule", {"publish_at": "2020-01-01T00:00"}, follow=True)
        assert b"is past" in answer.content
        draft.refresh_from_db()
        assert draft.status == "draft"

    @pytest.mark.covers("H10")
    def test_is_undone_by_withdrawing(self, writer: Client, draft: Post) -> None:
        writer.post(f"/studio/posts/{draft.pk}/publication")
        writer.post(f"/studio/posts/{draft.pk}/publication", {"_method": "delete"})
        assert Client().get("/posts/a-draft/").status_code == 410
        assert b"not published" in writer.delete(f"/studio/posts/{draft.pk}/publication", follow=True).content

    def test_ends_for_ever_by_deleting(self, writer: Client, draft: Post) -> None:
        assert writer.post(f"/studio/posts/{draft.pk}/deletion")["Location"] == "/studio/"
        assert not Post.objects.exists()


class TestTheAccount:
    def test_stops_asking_once_all_is_settled(self, writer: Client, draft: Post) -> None:
        Effect.objects.all().delete()
        effect(about=f"post:{draft.pk}", state="done", attempt=1, finished_at="2026-01-02T03:04:06Z")
        page = writer.get(f"/studio/posts/{draft.pk}/effects/", headers={"HX-Request": "true"}).content.decode()
        assert "All 1 done" in page
        assert "hx-trigger" not in page
        assert "<html" not in page

    def test_tells_where_the_post_stands_by_now(self, writer: Client, draft: Post) -> None:
        path = f"/studio/posts/{draft.pk}/effects/"
        assert 'id="standing"><span class="chip draft">' in squeezed(writer.get(path).content)
        draft.publish(at=timezone.now())
        page = squeezed(writer.get(path, headers={"HX-Request": "true"}).content)
        assert 'id="standing" data-hx-swap-oob="true"><span class="chip published">' in page

    def test_names_the_day_of_what_is_not_of_today(self, writer: Client, draft: Post) -> None:
        Effect.objects.all().delete()
        today = timezone.now()
        effect(about=f"post:{draft.pk}", state="waiting", due_at=today, wake_at="2199-01-02T03:04:06Z")
        page = writer.get(f"/studio/posts/{draft.pk}/effects/").content.decode()
        assert f">{today:%H:%M:%S}</time>" in page
        assert ">2 Jan, 03:04</time>" in page

    def test_says_so_when_nothing_followed(self, writer: Client, draft: Post) -> None:
        Effect.objects.all().delete()
        assert b"Nothing has been queued" in writer.get(f"/studio/posts/{draft.pk}/effects/").content

    def test_shows_an_error_as_text_and_retries_it(self, writer: Client, draft: Post) -> None:
        lost = dead(draft)
        page = writer.get(f"/studio/posts/{draft.pk}/effects/").content.decode()
        assert "OSError: &lt;b&gt;disk&lt;/b&gt;" in page
        answer = writer.post(f"/studio/effects/{lost.pk}/replay", headers={"HX-Request": "true"})
        assert 'hx-trigger="every 1s"' in answer.content.decode()
        lost.refresh_from_db()
        assert (lost.state, lost.attempt) == ("ready", 20)

    def test_leaves_out_what_only_counts_readers(self, writer: Client, draft: Post) -> None:
        dead(draft, task="stats.fold", queue="stats", state="done")
        assert b"stats.fold" not in writer.get(f"/studio/posts/{draft.pk}/effects/").content

    def test_of_another_is_not_to_be_retried(self, signed_in: SignedIn, person: Person) -> None:
        post = Post(title="Theirs", content="x", author=person("editor"))
        post.save()
        lost = dead(post)
        assert signed_in("author").post(f"/studio/effects/{lost.pk}/replay").status_code in {403, 404}
        assert signed_in("author").post(f"/studio/effects/{effect().pk}/replay").status_code in {403, 404}

    @pytest.mark.django_db(transaction=True)
    def test_is_complete_when_all_is_done(self, writer: Client, draft: Post) -> None:
        writer.post(f"/studio/posts/{draft.pk}/publication")
        drain()
        page = writer.get(f"/studio/posts/{draft.pk}/effects/").content.decode()
        assert "hx-trigger" not in page.split('id="account"')[1]
        assert "every subscriber is accounted for" in page

    def test_calls_a_share_failed_only_when_no_try_is_left(self, writer: Client, draft: Post) -> None:
        account = Account.objects.create(network="dummy", name="A network")
        share = SocialPost.objects.create(post=draft, account=account, state="failed", error="It hung up.")
        another = effect(about=f"post:{draft.pk}", task="social.deliver", queue="social", key=str(share.pk))
        path = f"/studio/posts/{draft.pk}/effects/"
        assert b"Failed attempts" in writer.get(path).content
        Effect.objects.filter(pk=another.pk).update(state="dead", finished_at="2026-01-02T03:04:05Z")
        page = writer.get(path).content
        assert (b"Failed attempts" in page, b"It hung up." in page) == (False, True)

    @pytest.mark.parametrize(
        ("args", "told"),
        [
            ({"scope": "author:1"}, "<i>author:1</i>"),
            ({"send_id": 4, "after": 0}, "<i>after 0, send 4</i>"),
            ({"delivery_ids": [7, 8, 9]}, "<i>3 × delivery</i>"),
            ({"delivery_ids": [7]}, "<i>delivery 7</i>"),
        ],
    )
    def test_says_which_part_each_effect_is_about(self, writer: Client, draft: Post, args: dict[str, Any], told: str) -> None:
        effect(about=f"post:{draft.pk}", args=args)
        effect(about=f"post:{draft.pk}", args={"post_id": draft.pk})
        page = squeezed(writer.get(f"/studio/posts/{draft.pk}/effects/").content)
        assert told in page
        assert page.count("<i>") == 1


class TestTheLedger:
    def test_shows_the_backlog_and_what_is_dead(self, signed_in: SignedIn, draft: Post) -> None:
        dead(draft)
        effect(task="email.page", queue="email")
        page = signed_in("editor").get("/studio/effects/list/").content.decode()
        assert "/studio/effects/actions?verb=retry&amp;" in page
        assert f'href="/studio/posts/{draft.pk}/effects/"' in page
        assert "email.page" in page
        only = signed_in("editor").get("/studio/effects/list/?state=dead&task=search").content.decode()
        assert "email.page" not in only.split('id="list"')[1]

    def test_names_the_queue_that_no_worker_takes(self, signed_in: SignedIn) -> None:
        beat("some-worker")
        effect(task="email.page", queue="email", due_at=datetime(2020, 1, 1, tzinfo=UTC))
        page = squeezed(signed_in("editor").get("/studio/effects/list/").content)
        assert "Workers running, but none takes: Email" in page

    def test_names_a_broker_that_does_not_answer(self, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
        class Frozen:
            def ask(self) -> None:
                raise TimeoutError

        monkeypatch.setattr(waker, "publish", Frozen())
        monkeypatch.setattr(broker.check, "asked_at", None)
        page = squeezed(signed_in("editor").get("/studio/effects/list/").content)
        monkeypatch.setattr(broker.check, "asked_at", None)
        assert "The broker does not answer (TimeoutError)." in page

    @pytest.mark.parametrize("url", ["", "https://flower.example/of-the-site"])
    def test_links_to_flower_where_it_is(self, signed_in: SignedIn, settings: Settings, url: str) -> None:
        settings.FLOWER_URL = url
        effect(task="email.page", queue="email", hint=UUID(int=7))
        page = signed_in("editor").get("/studio/effects/list/").content.decode()
        assert page.count("Flower") == (2 if url else 0)
        assert f"{url}/task/{UUID(int=7)}" in page or not url

    def test_leads_from_a_deleted_post_to_what_followed_from_it(self, signed_in: SignedIn, draft: Post) -> None:
        pk, gone, client = draft.pk, f"post:{draft.pk}", signed_in("editor")
        effect(about=gone, task="search.refresh")
        effect(about="user:7", task="email.welcome", queue="email")
        draft.delete()
        page = client.get("/studio/effects/list/").content.decode()
        assert f'href="/studio/posts/{pk}/effects/"' not in page
        assert f'href="/studio/effects/list/?about=post%3A{pk}"' in page
        assert 'href="/studio/effects/list/?about=user%3A7"' in page
        only = client.get("/studio/effects/list/", {"about": gone}).content.decode().split('id="list"')[1]
        assert (f"about {gone}" in only, "search.refresh" in only, "email.welcome" in only) == (True, True, False)
