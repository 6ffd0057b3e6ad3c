"""What comes along with posts: the addresses that they had, and what readers said."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from app.blog.models import Comment, Post
from app.importer.save import Done
from owed.models import Effect
from tests.importer.sites import ghost, item, post, run_import, write, wxr

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


class TestAnOldAddress:
    def test_of_each_kind_leads_to_the_post(self, tmp_path: Path) -> None:
        write(tmp_path, "jekyll/_config.yml", "permalink: pretty\nbaseurl: /blog\n")
        post(tmp_path, "jekyll/_posts/2020-01-02-a.md", categories=["News"], redirect_from=["/old/"])
        post(tmp_path, "jekyll/_posts/2020-01-03-b.md", permalink="/2024/01/p1/")
        write(tmp_path, "hugo/hugo.toml", "[permalinks]\nposts = '/:year/:slug/'\n")
        post(tmp_path, "hugo/content/posts/c.md", aliases=["/older/", "sideways"])
        post(tmp_path, "hugo/content/notes/d.md", slug="dee")
        run_import(tmp_path / "jekyll")
        run_import(tmp_path / "hugo")
        run_import(write(tmp_path, "blog.xml", wxr(item(number=7))))
        run_import(write(tmp_path, "ghost.json", ghost({})))
        expected = {
            "/news/2020/01/02/a/": "a", "/blog/news/2020/01/02/a/": "a", "/old/": "a", "/2024/01/p1/": "b", "/2020/c/": "c",
            "/older/": "c", "/posts/sideways": "c", "/notes/dee/": "dee", "/2015/03/post-7/": "post-7", "/?p=7": "post-7",
            "/hello-1/": "hello-1",
        }  # fmt: skip
        answers = {url: Client().get(url) for url in expected}
        assert {url: answer.get("Location") for url, answer in answers.items()} == {
            url: f"/posts/{slug}/" for url, slug in expected.items()
        }

    def test_that_two_posts_claim_is_the_firsts_and_is_named(self, tmp_path: Path) -> None:
        for name in "ab":
            post(tmp_path, f"{name}.md", title=name, aliases=["/same/"])
        report = run_import(tmp_path)
        assert Client().get("/same/")["Location"] == "/posts/a/"
        assert report.losses["address"] == ["b.md: /same"]


class TestTheIdInTheOldFeed:
    @pytest.mark.covers("E7")
    def test_stays(self, tmp_path: Path) -> None:
        write(tmp_path, "jekyll/_config.yml", "url: https://j.example\nbaseurl: /blog\npermalink: pretty\n")
        post(tmp_path, "jekyll/_posts/2020-01-02-a.md", title="jekyll", categories=["News"])
        write(tmp_path, "hugo/hugo.toml", "baseURL = 'https://h.example/'\n[permalinks]\nposts = '/:year/:slug/'\n")
        post(tmp_path, "hugo/content/posts/c.md", title="hugo")
        run_import(tmp_path / "jekyll")
        run_import(tmp_path / "hugo")
        run_import(write(tmp_path, "blog.xml", wxr(item(number=7))))
        run_import(write(tmp_path, "ghost.json", ghost({"id": "5f0c9d5b5b1e4c0039c0a1b2", "title": "ghost"})))
        assert dict(Post.objects.values_list("title", "guid")) == {
            "jekyll": "https://j.example/blog/news/2020/01/02/a",
            "hugo": "https://h.example/2020/c/",
            "Post 7": "https://old.example/?p=7",
            "ghost": "5f0c9d5b5b1e4c0039c0a1b2",
        }

    def test_is_one_posts_alone(self, tmp_path: Path) -> None:
        same = item("<p>Two</p>", number=2).replace("?p=2<", "?p=1<")
        run_import(write(tmp_path, "blog.xml", wxr(item() + same)))
        guids = list(Post.objects.order_by("pk").values_list("guid", flat=True))
        assert (guids[0], guids[1][:9]) == ("https://old.example/?p=1", "urn:uuid:")

    def test_that_is_unknown_is_a_new_one(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md")
        run_import(tmp_path)
        assert Post.objects.get().guid.startswith("urn:uuid:")


class TestComments:
    def comment(self, number: int, content: str = "Well said.", *, approved: str = "1", parent: int = 0, kind: str = "") -> str:
        facts = {
            "id": number,
            "author": f"Bo {number}",
            "author_email": "bo@example.org",
            "date_gmt": f"2016-01-0{number} 10:00:00",
        }
        facts |= {"content": f"<![CDATA[{content}]]>", "approved": approved, "parent": parent, "type": kind}
        return (
            "<wp:comment>"
            + "".join(f"<wp:comment_{key}>{value}</wp:comment_{key}>" for key, value in facts.items())
            + "</wp:comment>"
        )

    def test_come_along_once_and_without_a_word_to_anyone(self, tmp_path: Path) -> None:
        thread = self.comment(1) + self.comment(2, "An <em>answer</em> to <a href='https://a.example'>you</a>*", parent=1)
        path = write(tmp_path, "blog.xml", wxr(item(extra=thread + self.comment(3, approved="0"))))
        assert run_import(path).comments == 3
        imported = Post.objects.get()
        first, second, third = Comment.objects.order_by("created_at")
        assert (second.parent, third.status, imported.comment_count) == (first, "held", 2)
        assert 'An <em>answer</em> to <a href="https://a.example"' in second.content_html
        assert not Effect.objects.exclude(task__in=["search.refresh", "feeds.follow", "stats.rank"]).exists()
        second.delete()
        assert run_import(path).done == {Done.UNCHANGED: 1}
        path.write_text(path.read_text().replace("<p>Hello</p>", "<p>Changed</p>"))
        assert run_import(path).done == {Done.UPDATED: 1}
        assert Comment.objects.count() == 2

    def test_that_stay_behind_are_named(self, tmp_path: Path) -> None:
        thread = self.comment(1, approved="spam") + self.comment(2, kind="pingback") + self.comment(3, kind="pingback")
        report = run_import(write(tmp_path, "blog.xml", wxr(item(extra=thread))))
        assert [line.partition(": ")[2] for line in report.losses["comment"]] == [
            "1 comments marked as spam",
            "2 comments of type pingback",
        ]
        assert not Comment.objects.exists()
