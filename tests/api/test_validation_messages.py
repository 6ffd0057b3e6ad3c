"""What is refused says in plain words what is wrong and what to send instead."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from app.blog.models import Post
from tests.api.client import Answer, Program

pytestmark = pytest.mark.django_db

LETTERS = "Use unaccented letters, digits, hyphens and underscores, at least one."
CONTROLS = "Control characters are not accepted. Remove them."
NUMBER = "Must be a whole number."
TIME = "Not a valid date and time. Write it as 2031-05-06T07:08:00Z."
TEXT = "Must be text."
EMPTY = "Must not be empty."
POSTS = [
    ("title", "", EMPTY),
    ("title", "  ", EMPTY),
    ("title", "\u200b", "Enter a title."),
    ("title", None, TEXT),
    ("title", 7, TEXT),
    ("title", "x" * 201, "Has 201 characters; at most 200 are allowed."),
    ("title", "a\x00b", CONTROLS),
    ("title", "a\nb", "Use a single line, without line breaks and tabs."),
    ("slug", "", LETTERS),
    ("slug", "a b", LETTERS),
    ("slug", "x" * 221, "Must have at most 220 characters."),
    ("content", 7, TEXT),
    ("content", "a\x00", CONTROLS),
    ("excerpt", "x" * 2001, "Has 2,001 characters; at most 2,000 are allowed."),
    ("category", "nowhere", "Unknown category “nowhere”."),
    ("category", "a b", LETTERS),
    ("tags", "one", "Must be a list."),
    ("tags", ["x"] * 51, "Has 51 entries; at most 50 are allowed."),
    ("publish_at", "soon", TIME),
    ("publish_at", [], TIME),
    ("publish_at", "2031-13-01T00:00:00Z", TIME),
    ("publish_at", "2031-01-01", "Add the time zone, as in 2031-05-06T07:08:00Z."),
    ("publish_at", "2020-01-01T00:00:00Z", "That time is past. Choose a later one, or publish the post."),
    ("publish_at", "9999-12-31T23:59:59-14:00", "Date out of range. Use an earlier one."),
    ("status", "published", "Unknown field. Remove it."),
]


def said(answer: Answer) -> dict[str, Any]:
    assert answer.status == 422, answer.text
    name, messages = next(iter(answer.json["fields"].items()))
    assert answer.json["detail"] == (messages[0] if name == "body" else f"{name}: {messages[0]}")
    fields: dict[str, Any] = answer.json["fields"]
    return fields


class TestAPost:
    @pytest.mark.parametrize(("field", "value", "sentence"), POSTS)
    def test_refused_says_which_field_and_why(
        self, author: Program, draft: Post, field: str, value: Any, sentence: str
    ) -> None:
        before = Post.objects.values().get()
        assert said(author.post("/posts", {"title": "t", field: value})) == {field: [sentence]}
        assert said(author.patch(f"/posts/{draft.pk}", {field: value})) == {field: [sentence]}
        assert Post.objects.values().get() == before

    def test_names_each_entry_that_is_wrong(self, author: Program) -> None:
        assert said(author.post("/posts", {"title": "t", "tags": ["a", "", 7]})) == {"tags.1": [EMPTY], "tags.2": [TEXT]}

    @pytest.mark.parametrize("body", [[], 7, None])
    def test_without_an_object_is_asked_for_one(self, author: Program, body: Any) -> None:
        assert said(author.post("/posts", body)) == {"body": ["Send a JSON object."]}

    def test_without_a_title_is_asked_for_it(self, author: Program) -> None:
        assert said(author.post("/posts", {})) == {"title": ["This field is required."]}

    def test_of_half_a_character_is_refused(self, author: Program) -> None:
        [sentence] = said(author.send("post", "/posts", b'{"title": "\\ud800"}'))["title"]
        assert sentence == "Invalid UTF-8."


class TestOtherRequests:
    @pytest.mark.parametrize(
        ("path", "field", "sentence"),
        [
            ("/posts?status=x", "status", "Must be 'published', 'draft', 'scheduled', 'withdrawn' or 'mailed'."),
            ("/posts?page=0", "page", "Must be at least 1."),
            ("/posts?page=100001", "page", "Must be at most 100,000."),
            ("/posts?page=x", "page", NUMBER),
            ("/posts?author=a%00", "author", CONTROLS),
            ("/posts?tag=a'b", "tag", LETTERS),
            ("/posts/x", "post_id", NUMBER),
            ("/posts/1.5", "post_id", NUMBER),
            ("/effects?about=x", "about", "Name one subject, as in post:17."),
            ("/sends?post=0", "post", "Must be at least 1."),
            ("/search?q=a%00", "q", CONTROLS),
        ],
    )
    def test_say_which_part_of_the_address_and_why(self, author: Program, path: str, field: str, sentence: str) -> None:
        assert said(author.get(path)) == {field: [sentence]}

    @pytest.mark.parametrize(
        ("body", "field", "sentence"),
        [
            ({"content": ""}, "content", EMPTY),
            ({"content": "  "}, "content", "Write a comment."),
            ({"content": "x", "parent": "a"}, "parent", NUMBER),
            ({"content": "x", "parent": 1.5}, "parent", NUMBER),
            ({"content": "x", "parent": 99}, "parent", "This post does not have that comment."),
        ],
    )
    def test_to_comment_say_why_not(
        self, reader: Program, published: Post, body: dict[str, Any], field: str, sentence: str
    ) -> None:
        assert said(reader.post(f"/posts/{published.pk}/comments", body)) == {field: [sentence]}

    @pytest.mark.parametrize("email", ["", "x", "not an address", "x" * 250])
    def test_to_subscribe_say_why_not(self, anybody: Program, email: str) -> None:
        cache.clear()
        sentence = "Enter a valid email address."
        assert said(anybody.post("/subscribers", {"email": email})) == {"email": [sentence]}

    def test_to_sign_in_name_all_that_is_missing(self, anybody: Program) -> None:
        sentence = ["This field is required."]
        assert said(anybody.post("/tokens", {})) == {"username": sentence, "password": sentence}


class TestAnAddress:
    @pytest.mark.parametrize("path", ["/", "/nowhere", "/posts/1/nowhere"])
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_that_does_not_exist_leads_to_the_list(self, path: str, method: str) -> None:
        answer = Client(enforce_csrf_checks=True).generic(method, f"/api/v1{path}")
        sentence = "This API has no such address. /api/v1/openapi.json lists them all."
        assert (answer.status_code, answer.json()) == (404, {"detail": sentence, "fields": {}})

    def test_says_which_methods_it_takes(self, author: Program) -> None:
        answer = author.put("/posts/1", {})
        assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH")
        assert answer.json == {"detail": "This address accepts DELETE, GET, HEAD, PATCH, not PUT.", "fields": {}}

    @pytest.mark.parametrize("path", ["/posts", "/posts/1", "/posts/1/comments"])
    def test_answers_head_as_get(self, author: Program, path: str) -> None:
        headers = {"authorization": f"Token {author.token}"}
        head, get = (Client().generic(method, f"/api/v1{path}", headers=headers) for method in ("HEAD", "GET"))
        assert (head.status_code, head.content, head["Content-Type"]) == (get.status_code, b"", get["Content-Type"])

    def test_without_get_takes_no_head(self) -> None:
        assert Client().head("/api/v1/tokens").status_code == 405

    def test_tells_a_bad_token_from_none(self, anybody: Program) -> None:
        none, bad = anybody.post("/posts", {}), Program("nonsense").post("/posts", {})
        assert none.json["detail"] == "Sign in: send Authorization: Token <your token>."
        assert bad.json["detail"] == "This token is not valid, or was revoked. POST /api/v1/tokens issues another."
