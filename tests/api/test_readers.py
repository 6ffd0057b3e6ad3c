"""What readers do: comment, like, subscribe, search."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from app.blog.models import Comment, Like, Post
from app.newsletter.models import Subscriber
from app.search.index import update_search_index_batch
from tests.api.client import Program

pytestmark = pytest.mark.django_db


class TestComments:
    def test_are_written_under_ones_own_name(self, reader: Program, anybody: Program, published: Post) -> None:
        first = reader.post(f"/posts/{published.pk}/comments", {"content": "Well *said*"})
        answer = reader.post(f"/posts/{published.pk}/comments", {"content": "Indeed", "parent": first.json["id"]})
        assert (first.status, first.json["author"], answer.json["parent"]) == (201, "rita", first.json["id"])
        assert [item["content"] for item in anybody.get(f"/posts/{published.pk}/comments").json] == ["Well *said*", "Indeed"]

    def test_that_wait_are_not_listed(self, anybody: Program, published: Post) -> None:
        published.comment(guest_name="Guest", guest_email="guest@secret.example", content="Hold me")
        assert anybody.get(f"/posts/{published.pk}/comments").json == []

    def test_never_show_a_guests_address(self, anybody: Program, published: Post) -> None:
        published.comment(guest_name="Guest", guest_email="guest@secret.example", content="Hello").approve()
        answer = anybody.get(f"/posts/{published.pk}/comments")
        assert ("Guest" in answer.text, "secret.example" in answer.text) == (True, False)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"content": ""},
            {"content": "   "},
            {"content": "a\x00"},
            {"content": "x" * 10_001},
            {"content": "x", "parent": 9},
            {"content": "x", "status": "approved"},
            {"content": "x", "author": 1},
            {"content": "x", "post": 1},
        ],
    )
    def test_that_say_nothing_or_too_much_are_refused(self, reader: Program, published: Post, body: dict[str, Any]) -> None:
        assert (reader.post(f"/posts/{published.pk}/comments", body).status, Comment.objects.count()) == (422, 0)

    def test_need_a_name_and_a_published_post(self, anybody: Program, reader: Program, author: Program, draft: Post) -> None:
        path, body = f"/posts/{draft.pk}/comments", {"content": "Hi"}
        assert [program.post(path, body).status for program in (anybody, reader, author)] == [401, 404, 409]

    def test_are_slowed_down(self, reader: Program, published: Post) -> None:
        cache.clear()
        path = f"/posts/{published.pk}/comments"
        assert [reader.post(path, {"content": "Again"}).status for _ in range(21)] == [201] * 20 + [429]
        assert Comment.objects.count() == 20


class TestLikes:
    @pytest.mark.covers("H31")
    def test_can_be_given_and_taken_back_twice(self, reader: Program, published: Post) -> None:
        path = f"/posts/{published.pk}/like"
        given = [reader.put(path) for _ in range(2)]
        assert [(answer.status, answer.json["like_count"]) for answer in given] == [(200, 1), (200, 1)]
        assert [reader.delete(path).status for _ in range(2)] == [204, 204]
        assert (Post.objects.get(pk=published.pk).like_count, Like.objects.count()) == (0, 0)

    def test_need_a_name_and_a_published_post(self, anybody: Program, reader: Program, author: Program, draft: Post) -> None:
        statuses = [program.put(f"/posts/{draft.pk}/like").status for program in (anybody, reader, author)]
        assert statuses == [401, 404, 409]


class TestSubscribing:
    def test_answers_the_same_for_every_address(self, anybody: Program) -> None:
        answers = [anybody.post("/subscribers", {"email": email}) for email in ("a@b.example", "a@b.example", "A@B.example")]
        assert {(answer.status, answer.text) for answer in answers} == {(202, answers[0].text)}
        assert (Subscriber.objects.count(), "b.example" in answers[0].text.lower()) == (1, False)

    @pytest.mark.parametrize(
        "email", ["", "x", "a@", "@b.example", "a@b\r\nBcc: c@d.example", "a\x00@b.example", "a b@c.example", None, []]
    )
    def test_refuses_what_is_no_address(self, anybody: Program, email: Any) -> None:
        answer = anybody.post("/subscribers", {"email": email})
        assert (answer.status, list(answer.json["fields"]), Subscriber.objects.count()) == (422, ["email"], 0)

    @pytest.mark.parametrize("field", ["state", "confirmed_at", "token", "user", "source"])
    def test_takes_nothing_but_an_address(self, anybody: Program, field: str) -> None:
        assert anybody.post("/subscribers", {"email": "a@b.example", field: "confirmed"}).status == 422

    def test_is_slowed_down(self, anybody: Program) -> None:
        cache.clear()
        statuses = [anybody.post("/subscribers", {"email": f"r{number}@b.example"}).status for number in range(31)]
        assert statuses == [202] * 30 + [429]


class TestSearch:
    def test_finds_what_is_public(self, anybody: Program, published: Post, draft: Post) -> None:
        update_search_index_batch([published.pk, draft.pk])
        page = anybody.get("/search", q="read").json
        assert [(item["post"], item["author"]) for item in page["items"]] == [(published.pk, "ann")]
        assert anybody.get("/search", q="words").json["total"] == 0

    def test_is_narrowed_and_refuses_what_is_not_there(self, anybody: Program, published: Post) -> None:
        update_search_index_batch([published.pk])
        assert anybody.get("/search", q="read", author="ann", since="2020-01-01").json["total"] == 1
        assert anybody.get("/search", q="read", until="2020-01-01").json["total"] == 0
        refused = [anybody.get("/search", q="read", **{name: "2026-02-30"}) for name in ("author", "tag", "since", "until")]
        assert [(answer.status, list(answer.json["fields"])) for answer in refused] == [
            (422, [name]) for name in ("author", "tag", "since", "until")
        ]

    def test_says_what_was_meant(self, anybody: Program, published: Post) -> None:
        published.revise(title="Kubernetes")
        update_search_index_batch([published.pk])
        page = anybody.get("/search", q="kubernetse").json
        assert (page["corrected"], page["total"], page["total_is_exact"]) == ("kubernetes", 1, True)

    @pytest.mark.parametrize("text", ["", "'", '"', "a & | !", "-", "%", "x" * 500, "<script>", "a:*", "\\"])
    def test_takes_any_text(self, anybody: Program, text: str) -> None:
        assert anybody.get("/search", q=text).status == 200

    @pytest.mark.parametrize("query", [{"q": "a\x00"}, {"q": "x" * 501}, {"q": "a", "page": 0}, {"q": "a", "page": "x"}])
    def test_refuses_what_is_no_text(self, anybody: Program, query: dict[str, Any]) -> None:
        assert anybody.get("/search", **query).status == 422
