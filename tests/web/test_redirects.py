"""Old addresses of imported posts."""

from __future__ import annotations

import pytest
from django.test import Client

from app.blog.models import Post, Redirect
from app.blog.models.redirect import old_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(author) -> Post:
    post = Post.objects.create(title="Moved", content="-", author=author)
    post.publish()
    paths = ["2024/01/p1", "?p=12", "смерть"]
    Redirect.objects.bulk_create([Redirect(path=path, post=post) for path in paths])
    return post


class TestAnOldAddress:
    @pytest.mark.parametrize(
        "url",
        [
            *("/2024/01/p1/", "/2024/01/p1", "/2024/01/P1.html", "/2024/01/p1/index.html", "/2024/01/p1/?utm_source=x"),
            *("/?p=12", "/%d1%81%d0%bc%d0%b5%d1%80%d1%82%d1%8c/"),
        ],
    )
    def test_leads_to_the_post_for_good(self, client: Client, post: Post, url: str) -> None:
        for answer in (client.get(url), client.head(url)):
            assert (answer.status_code, answer["Location"]) == (301, "/posts/moved/")

    @pytest.mark.parametrize("url", ["/2024/01/", "/2024/01/p1/x", "/p1/"])
    def test_is_no_other(self, client: Client, post: Post, url: str) -> None:
        assert client.get(url).status_code == 404

    @pytest.mark.parametrize("url", ["/", "/?p=13", "/?p=x", "/?q=12", "/archive/"])
    def test_leaves_pages_of_this_site_alone(self, client: Client, post: Post, url: str) -> None:
        assert client.get(url).status_code == 200

    def test_takes_nothing_but_requests_for_a_page(self, client: Client, post: Post) -> None:
        assert client.post("/2024/01/p1/").status_code == 404

    def test_does_not_tell_of_a_draft(self, client: Client, author) -> None:
        draft = Post.objects.create(title="Secret", content="-", author=author)
        Redirect.objects.create(path="secret", post=draft)
        assert client.get("/secret/").status_code == 404

    def test_goes_with_its_post(self, client: Client, post: Post) -> None:
        post.delete()
        assert client.get("/2024/01/p1/").status_code == 404


class TestThePathOfAnAddress:
    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("https://old.example/A/B.html?x#y", "a/b"), ("/a/index.php", "a"), ("/", ""), ("https://old.example", ""),
            ("/?p=7", "?p=7"), ("/?page_id=7", ""), ("/index.php?p=7", "?p=7"), ("http://[::1", ""), ("/%00a/", "a"),
        ],
    )  # fmt: skip
    def test_has_one_spelling(self, url: str, path: str) -> None:
        assert old_path(url) == path
