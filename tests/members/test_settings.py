"""One's own account: the profile, the export, and the end of everything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import ApiToken, Role, User
from app.blog.models import Comment, Like, Media, Post
from app.members.erasure import erase
from app.newsletter.mailing_list import add_to_mailing_list
from app.newsletter.models import Subscriber
from app.search.index import update_search_index_batch
from app.search.models import Document
from app.stats import activity
from app.stats.models import Activity
from owed.models import Effect
from owed.testing import drain, owes
from tests.factories import Publish, image
from tests.sizes import sizes
from tests.studio.images import png

pytestmark = pytest.mark.django_db
FILLED = {"display_name": "Rita R.", "bio": "I *read*.", "website": "https://rita.example", "notify_likes": "on"}


@pytest.fixture
def mine(client: Client, reader: User) -> Client:
    client.force_login(reader)
    return client


def leave(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.post("/account/deletion", {"username": user.username})
    return client


def archive(author: User, number: int) -> None:
    """Make many public posts at once, as a restored backup would."""
    now = timezone.now()
    rows = [
        Post(title=f"P{n}", slug=f"p-{n}", content="x", content_html="x", author=author, status="published", published_at=now)
        for n in range(number)
    ]
    super(type(Post.objects.all()), Post.objects.all()).bulk_create(rows)
    author.profile.__class__.objects.filter(user=author).update(post_count=number, published_post_count=number)


def furnish(author: User, reader: User) -> list[str]:
    """Give each post a comment and a like, every hundredth a picture, and all a place in search. Return the pictures' names."""
    posts = list(Post.objects.filter(author=author).order_by("pk"))
    pictures = [Media.objects.store(image("red", (4, size + 1)), author) for size in range(len(posts) // 100)]
    for picture, post in zip(pictures, posts[::100], strict=True):
        post.media.add(picture)
    Comment.objects.bulk_create(Comment(post=post, author=author, content="x", status="approved") for post in posts)
    Like.objects.bulk_create(Like(post=post, user=reader) for post in posts)
    Post.objects.update(comment_count=1, like_count=1)
    update_search_index_batch([post.pk for post in posts])
    return [str(picture.file.name) for picture in pictures]


class TestTheProfile:
    def test_is_changed_by_its_owner(self, mine: Client, reader: User) -> None:
        assert mine.post("/account/", FILLED).status_code == 302
        reader.profile.refresh_from_db()
        assert (reader.profile.name, reader.profile.notify_comments, reader.profile.notify_likes) == ("Rita R.", False, True)
        page = Client().get("/authors/rita/").content
        assert b"<em>read</em>" in page
        assert b"https://rita.example" in page

    @pytest.mark.covers("C1")
    def test_changes_the_name_on_every_list_and_page(self, client: Client, write: Publish, author: User) -> None:
        url = write().get_absolute_url()
        tag = client.get(url)["ETag"]
        assert b"anna" in client.get("/").content
        writer = Client()
        writer.force_login(author)
        writer.post("/account/", {"display_name": "Anna A."})
        assert b"Anna A." in client.get("/").content
        assert b"Anna A." in client.get(url, headers={"If-None-Match": tag}).content

    @pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://x.example/", "data:text/html,x", "not a place"])
    def test_names_no_place_but_of_the_web(self, mine: Client, website: str) -> None:
        answer = mine.post("/account/", {**FILLED, "website": website})
        assert answer.content.decode().count("<li>Enter a valid URL.</li>") == 1
        assert (answer.status_code, b"I *read*." in answer.content) == (422, True)

    @pytest.mark.parametrize("path", ["", "export", "deletion"])
    def test_is_nobody_elses(self, client: Client, path: str) -> None:
        call = client.post if path == "deletion" else client.get
        assert call(f"/account/{path}")["Location"] == f"/login/?next=/account/{path}"


class TestTheExport:
    @pytest.mark.covers("E9")
    def test_holds_all_that_is_kept(self, mine: Client, write: Publish, reader: User) -> None:
        post = write()
        post.comment(content="My words.", author=reader)
        post.like(reader)
        activity.track_user_activity(reader.pk, "post_view", post.pk, at=timezone.now())
        add_to_mailing_list(reader)
        answer = mine.get("/account/export")
        kept = json.loads(answer.content)
        assert "attachment" in answer["Content-Disposition"]
        assert "no-store" in answer["Cache-Control"]
        assert kept["account"]["email"] == "rita@example.org"
        assert [each["content"] for each in kept["comments"]] == ["My words."]
        assert [each["post__slug"] for each in kept["likes"]] == ["a-slower-web"]
        assert [each["verb"] for each in kept["activity"]] == ["post_view"]
        assert [each["state"] for each in kept["subscriptions"]] == ["pending"]
        assert b"password" not in answer.content


class TestTheRequest:
    @pytest.mark.covers("H7")
    def test_closes_the_account_and_owes_the_rest(self, mine: Client, reader: User) -> None:
        _, token = ApiToken.objects.issue(reader)
        answer = mine.post("/account/deletion", {"username": "rita"}, follow=True)
        assert b"Your account is closed" in answer.content
        assert owes("upkeep.erase_user", about=reader).count() == 1
        assert mine.get("/account/").status_code == 302
        assert not Client().login(username="rita", password="a-good-password-7")
        assert ApiToken.objects.resolve(token) is None
        assert not reader.leave()
        assert owes("upkeep.erase_user").count() == 1

    @pytest.mark.parametrize("typed", ["", "Rita", "anna"])
    def test_needs_the_name_typed(self, mine: Client, reader: User, typed: str) -> None:
        answer = mine.post("/account/deletion", {"username": typed}, follow=True)
        assert b"Nothing was deleted" in answer.content
        assert User.objects.get().is_active
        assert not owes("upkeep.erase_user").exists()

    def test_is_no_forged_form_and_no_get(self, reader: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(reader)
        assert client.post("/account/deletion", {"username": "rita"}).status_code == 403
        assert client.get("/account/deletion").status_code == 405


class TestTheErasure:
    @pytest.mark.timeout(300)
    @pytest.mark.covers("H7", "H8", "E3", "E4", "M12")
    @pytest.mark.parametrize("number", sizes(200, 1000))
    def test_of_many_posts_is_asked_for_in_a_few_statements_and_done_in_bounded_parts(
        self, reader: User, author: User, number: int
    ) -> None:
        archive(author, number)
        pictures = furnish(author, reader)
        add_to_mailing_list(author)
        Subscriber.objects.get().confirm()
        assert (Document.objects.count(), len(pictures)) == (number, number // 100)
        client = Client()
        client.force_login(author)
        client.get("/account/")
        with CaptureQueriesContext(connection) as asking:
            client.post("/account/deletion", {"username": "anna"})
        assert len(asking) < 25
        parts = []
        while owes("upkeep.erase_user").exists():
            assert len(parts) < 30
            Effect.objects.filter(task="upkeep.erase_user").delete()
            with CaptureQueriesContext(connection) as part:
                erase(author.pk)
            parts.append(len(part))
        assert len(parts) > number // 50
        assert max(parts) < 90
        assert Effect.objects.filter(task="search.remove").count() == number
        Effect.objects.filter(task="cache.purge").delete()  # done below for one post
        drain()
        assert [model.objects.count() for model in (Post, Comment, Like, Media, Document, Subscriber)] == [0] * 6
        assert list(User.objects.values_list("username", flat=True)) == ["rita"]
        assert not any(map(default_storage.exists, pictures))
        assert not Effect.objects.filter(state__in=["dead", "ready", "running"]).exists()
        assert b"<item>" not in client.get("/rss.xml").content

    @pytest.mark.covers("H7", "E3", "E9", "M14", "H6")
    def test_takes_everything_along(self, write: Publish, author: User, reader: User, client: Client) -> None:
        picture = Media.objects.store(png(), author)
        post = write("All of it", content=f"![x]({picture.url})")
        default_storage.save("avatars/anna.png", ContentFile(b"x"))
        author.profile.avatar.name = "avatars/anna.png"
        author.profile.save()
        other = Post.objects.create(
            title="Of another", content="-", author=User.objects.create_user("eve", role=Role.AUTHOR), status="published"
        )
        other.like(author)
        other.like(reader)
        other.comment(content="Said by Anna.", author=author)
        post.comment(content="Said there.", author=reader)
        post.like(reader)
        activity.track_user_activity(author.pk, "post_view", other.pk, at=timezone.now())
        add_to_mailing_list(author)
        drain()
        assert b"All of it" in client.get("/search/?q=all+of+it").content

        leave(author)
        drain()
        assert set(User.objects.values_list("username", flat=True)) == {"rita", "eve"}
        assert list(Post.objects.values_list("title", "like_count", "comment_count")) == [("Of another", 1, 1)]
        assert list(Like.objects.values_list("user__username", flat=True)) == ["rita"]
        assert list(Comment.objects.values_list("author", "content")) == [(None, "Said by Anna.")]
        assert not Activity.objects.filter(post=other, verb="post_view").exists()
        assert not Subscriber.objects.exists()
        assert not Media.objects.exists()
        assert not default_storage.exists(picture.file.name)
        assert not default_storage.exists("avatars/anna.png")
        page = client.get(other.get_absolute_url()).content
        assert (b"Said by Anna." in page, b">anna</h3>" in page, b">Anonymous</h3>" in page) == (True, False, True)
        for path in ("/", "/rss.xml", "/search/?q=all+of+it", "/sitemap.xml", "/authors/eve/"):
            assert b"all-of-it" not in client.get(path).content, path
        assert [client.get(path).status_code for path in (post.get_absolute_url(), "/authors/anna/")] == [404, 404]
        assert not Effect.objects.filter(finished_at=None).exclude(task__startswith="email.").exists()

    @pytest.mark.covers("H7")
    def test_can_be_done_twice_and_resumed(self, write: Publish, author: User, reader: User) -> None:
        write()
        leave(author)
        for _ in range(9):
            erase(author.pk)
        assert list(User.objects.values_list("username", flat=True)) == ["rita"]
        drain()
        assert not Effect.objects.filter(task="upkeep.erase_user").exclude(state="done").exists()

    def test_spares_an_account_that_was_opened_again(self, write: Publish, author: User) -> None:
        write()
        leave(author)
        User.objects.update(is_active=True)
        drain()
        assert (Post.objects.count(), User.objects.count()) == (1, 1)

    @pytest.mark.covers("M6")
    def test_counts_many_likes_down_in_few_queries(self, author: User, reader: User) -> None:
        archive(author, 120)
        posts: Any = Post.objects.all()
        Like.objects.bulk_create(Like(post=post, user=reader) for post in posts)
        posts.update(like_count=1)
        reader.leave()
        with CaptureQueriesContext(connection) as part:
            erase(reader.pk)
        assert len(part) < 20
        assert not Post.objects.exclude(like_count=0).exists()
        drain()
        assert not User.objects.filter(username="rita").exists()
