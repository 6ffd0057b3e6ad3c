"""Writing and reading posts as a program does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from tests.api.client import Program

pytestmark = pytest.mark.django_db


class TestNewPost:
    def test_is_a_draft_with_all_that_was_said(self, author: Program) -> None:
        Category.objects.create(name="News", slug="news")
        body = {"title": "Hello", "content": "*Hi*", "excerpt": "Hi", "category": "news", "tags": ["Web", "web", "C++", "C"]}
        answer = author.post("/posts", body)
        assert (answer.status, answer.json["status"], answer.json["slug"]) == (201, "draft", "hello")
        assert (answer.json["category"], answer.json["tags"]) == ("news", ["C", "C++", "Web"])
        assert "<em>Hi</em>" in answer.json["content_html"]
        assert author.get(answer.headers["Location"].removeprefix("/api/v1")).json["id"] == answer.json["id"]

    def test_uses_tags_that_exist_whatever_their_case(self, author: Program) -> None:
        tag = Tag.objects.create(name="Django", slug="django")
        author.post("/posts", {"title": "One", "tags": ["django"]})
        assert list(Tag.objects.all()) == [tag]

    def test_can_be_planned(self, author: Program) -> None:
        moment = timezone.now() + timedelta(days=1)
        answer = author.post("/posts", {"title": "Later", "publish_at": moment.isoformat()})
        assert (answer.status, answer.json["status"]) == (201, "scheduled")
        planned = author.patch(f"/posts/{answer.json['id']}", {"publish_at": None})
        assert planned.json["status"] == "draft"

    def test_planned_for_the_past_leaves_nothing_behind(self, author: Program) -> None:
        answer = author.post("/posts", {"title": "Late", "publish_at": timezone.now().isoformat()})
        assert (answer.status, list(answer.json["fields"]), Post.objects.count()) == (422, ["publish_at"], 0)

    def test_planned_by_a_contributor_leaves_nothing_behind(self, contributor: Program) -> None:
        moment = timezone.now() + timedelta(days=1)
        answer = contributor.post("/posts", {"title": "Later", "publish_at": moment.isoformat()})
        assert (answer.status, Post.objects.count()) == (403, 0)

    def test_gets_a_free_address(self, author: Program) -> None:
        slugs = [author.post("/posts", {"title": "Same"}).json["slug"] for _ in range(2)]
        assert slugs == ["same", "same-2"]

    def test_with_an_address_that_is_taken_is_refused(self, author: Program) -> None:
        author.post("/posts", {"title": "One", "slug": "mine"})
        answer = author.post("/posts", {"title": "Two", "slug": "mine"})
        assert (answer.status, list(answer.json["fields"])) == (422, ["slug"])

    def test_in_an_unknown_category_is_refused_by_name(self, author: Program) -> None:
        answer = author.post("/posts", {"title": "One", "category": "nowhere", "tags": ["new"]})
        assert (answer.status, answer.json["fields"]) == (422, {"category": ["Unknown category “nowhere”."]})
        assert (Post.objects.count(), Tag.objects.count()) == (0, 0)

    def test_of_a_reader_is_refused(self, reader: Program, anybody: Program) -> None:
        assert reader.post("/posts", {"title": "No"}).status == 403
        assert anybody.post("/posts", {"title": "No"}).status == 401
        assert Post.objects.count() == 0


class TestMassAssignment:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("author", 1),
            ("author_id", 1),
            ("status", "published"),
            ("published_at", "2020-01-01T00:00:00Z"),
            ("created_at", "2020-01-01T00:00:00Z"),
            ("like_count", 99),
            ("view_count", 99),
            ("comment_count", 99),
            ("revision", 99),
            ("source", "x"),
            ("content_html", "<script>alert(1)</script>"),
            ("id", 1),
            ("pk", 1),
            ("is_staff", True),
            ("role", "editor"),
            ("cover", 1),
            ("media", [1]),
            ("__class__", "x"),
        ],
    )
    def test_changes_nothing_and_says_so(self, author: Program, draft: Post, field: str, value: Any) -> None:
        before = Post.objects.values().get(pk=draft.pk)
        created = author.post("/posts", {"title": "New", field: value})
        changed = author.patch(f"/posts/{draft.pk}", {"title": "New", field: value})
        assert [(answer.status, list(answer.json["fields"])) for answer in (created, changed)] == [(422, [field])] * 2
        assert (Post.objects.count(), Post.objects.values().get(pk=draft.pk)) == (1, before)


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"title": ""},
            {"title": "   "},
            {"title": None},
            {"title": 7},
            {"title": True},
            {"title": []},
            {"title": {}},
            {"title": "x" * 201},
            {"title": "a\x00b"},
            {"title": "a\x1bb"},
            {"title": "a\nb"},
            {"title": "t", "content": "a\x00b"},
            {"title": "t", "content": "a\x7fb"},
            {"title": "t", "content": None},
            {"title": "t", "excerpt": "\x08"},
            {"title": "t", "excerpt": "x" * 2001},
            {"title": "t", "slug": "a b"},
            {"title": "t", "slug": "../etc"},
            {"title": "t", "slug": ""},
            {"title": "t", "slug": "x" * 221},
            {"title": "t", "tags": "one"},
            {"title": "t", "tags": [""]},
            {"title": "t", "tags": ["a\x00"]},
            {"title": "t", "tags": ["x" * 101]},
            {"title": "t", "tags": ["x"] * 51},
            {"title": "t", "tags": [None]},
            {"title": "t", "category": 1},
            {"title": "t", "publish_at": "soon"},
            {"title": "t", "publish_at": "2030-01-01T00:00:00"},
            [],
            7,
        ],
    )
    def test_is_named_and_nothing_is_written(self, author: Program, body: Any) -> None:
        answer = author.post("/posts", body)
        assert (answer.status, bool(answer.json["detail"]), bool(answer.json["fields"])) == (422, True, True)
        assert Post.objects.count() == 0

    @pytest.mark.parametrize(
        "text", ["", "{", "nonsense", '{"title": "\ud800"}'.encode("utf-8", "surrogatepass").decode("latin-1")]
    )
    def test_that_is_no_json_is_refused(self, author: Program, text: str) -> None:
        assert author.send("post", "/posts", text.encode("latin-1")).status in {400, 422}

    def test_of_lone_surrogates_or_deep_nesting_is_refused(self, author: Program) -> None:
        assert author.send("post", "/posts", b'{"title": "\\ud800"}').status == 422
        assert author.send("post", "/posts", b"[" * 200_000).status == 400

    @pytest.mark.parametrize(("size", "status"), [(3 * 2**20, 413), (5 * 2**20, 413), (7 * 2**20, 413)])
    def test_of_some_megabytes_is_refused(self, author: Program, size: int, status: int) -> None:
        answer = author.post("/posts", {"title": "Long", "content": "x" * size})
        assert (answer.status, Post.objects.count()) == (status, 0)

    @pytest.mark.parametrize("post_id", ["0", "-1", "x", str(2**63), str(10**30), "1e3", "%00"])
    def test_of_an_impossible_number_is_refused(self, author: Program, post_id: str) -> None:
        assert author.get(f"/posts/{post_id}").status in {404, 422}


class TestScript:
    def test_in_every_field_stays_text(self, author: Program) -> None:
        evil = "<script>alert(1)</script>"
        answer = author.post("/posts", {"title": evil, "content": f"{evil}\n\n<img src=x onerror=alert(1)>", "tags": [evil]})
        assert answer.status == 201
        assert "<script" not in answer.json["content_html"]
        assert "onerror" not in answer.json["content_html"]
        assert answer.headers["Content-Type"].startswith("application/json")


class TestReading:
    def test_lists_what_is_public(self, anybody: Program, draft: Post, published: Post) -> None:
        page = anybody.get("/posts").json
        assert ([item["id"] for item in page["items"]], page["count"], page["pages"]) == ([published.pk], 1, 1)

    def test_lists_ones_own_drafts_only_to_oneself(
        self, author: Program, other: Program, editor: Program, anybody: Program, draft: Post
    ) -> None:
        seen = [len(program.get("/posts", status="draft").json["items"]) for program in (author, other, editor, anybody)]
        assert seen == [1, 0, 1, 0]

    def test_filters(self, anybody: Program, published: Post) -> None:
        published.tags.add(Tag.objects.create(name="Web", slug="web"))
        counts = [
            anybody.get("/posts", **wanted).json["count"]
            for wanted in ({"tag": "web"}, {"tag": "x"}, {"author": "ann"}, {"author": "bob"}, {"category": "x"}, {"page": 9})
        ]
        assert counts == [1, 0, 1, 0, 0, 1]

    @pytest.mark.parametrize("query", [{"status": "x"}, {"page": 0}, {"page": "a"}, {"author": "a\x00"}, {"tag": "a'b"}])
    def test_refuses_filters_that_mean_nothing(self, anybody: Program, query: dict[str, Any]) -> None:
        assert anybody.get("/posts", **query).status == 422

    def test_hides_drafts_as_if_they_were_not_there(
        self, author: Program, editor: Program, other: Program, reader: Program, anybody: Program, draft: Post
    ) -> None:
        statuses = [program.get(f"/posts/{draft.pk}").status for program in (author, editor, other, reader, anybody)]
        assert statuses == [200, 200, 404, 404, 404]
        assert other.get(f"/posts/{draft.pk}").json == other.get("/posts/987654").json

    def test_shows_no_addresses(self, editor: Program, ann: User, published: Post) -> None:
        for path in (
            "/posts",
            f"/posts/{published.pk}",
            f"/posts/{published.pk}/comments",
            "/effects",
            "/sends",
            "/search?q=read",
        ):
            assert "@" not in editor.get(path).text


class TestChanging:
    def test_touches_what_is_named(self, author: Program, draft: Post) -> None:
        answer = author.patch(f"/posts/{draft.pk}", {"title": "Better", "tags": ["x"]})
        assert (answer.status, answer.json["title"], answer.json["content"]) == (200, "Better", "Some *words*.")
        assert (answer.json["tags"], answer.json["slug"]) == (["x"], draft.slug)

    def test_takes_a_category_away(self, author: Program, draft: Post) -> None:
        Category.objects.create(name="News", slug="news")
        assert author.patch(f"/posts/{draft.pk}", {"category": "news"}).json["category"] == "news"
        assert author.patch(f"/posts/{draft.pk}", {"category": None}).json["category"] is None

    def test_is_for_those_who_may(
        self, author: Program, editor: Program, other: Program, reader: Program, published: Post
    ) -> None:
        path = f"/posts/{published.pk}"
        statuses = [program.patch(path, {"excerpt": "new"}).status for program in (author, editor, other, reader)]
        assert statuses == [200, 200, 403, 403]

    @pytest.mark.parametrize("body", [{"title": None}, {"content": None}, {"tags": None}, {"slug": None}, {"title": ""}])
    def test_into_nothing_is_refused(self, author: Program, draft: Post, body: dict[str, None]) -> None:
        assert author.patch(f"/posts/{draft.pk}", body).status == 422


class TestDeleting:
    def test_takes_it_away(self, author: Program, draft: Post) -> None:
        assert [author.delete(f"/posts/{draft.pk}").status for _ in range(2)] == [204, 404]

    def test_is_for_those_who_may(self, other: Program, reader: Program, anybody: Program, published: Post) -> None:
        statuses = [program.delete(f"/posts/{published.pk}").status for program in (other, reader, anybody)]
        assert (statuses, Post.objects.count()) == ([403, 403, 401], 1)


class TestTheLanguage:
    def test_can_be_set_and_changed(self, author: Program) -> None:
        made = author.post("/posts", {"title": "Titel", "language": "pt_br"}).json
        assert made["language"] == "pt-BR"
        assert author.patch(f"/posts/{made['id']}", {"language": "de"}).json["language"] == "de"
        assert author.patch(f"/posts/{made['id']}", {"language": ""}).json["language"] == "en"
        refused = author.patch(f"/posts/{made['id']}", {"language": "german"})
        assert (refused.status, list(refused.json["fields"])) == (422, ["language"])
