"""Answers to comments."""

from __future__ import annotations

import pytest
from django.test import Client

from app.accounts.models import User
from app.blog.models import Comment, Post
from tests.factories import Publish

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def post(write: Publish) -> Post:
    return write()


@pytest.fixture
def said(post: Post, reader: User) -> Comment:
    return post.comment(content="First.", author=reader)


class TestAnAnswer:
    @pytest.mark.covers("M9")
    def test_is_asked_for_beside_its_comment(self, client: Client, post: Post, said: Comment) -> None:
        link = f"{post.get_absolute_url()}comments?parent={said.pk}"
        assert f'href="{link}"' in client.get(post.get_absolute_url()).content.decode()
        form = client.get(link, headers=HTMX).content.decode()
        assert "Replying to rita" in form
        assert f'<input type="hidden" name="parent" value="{said.pk}"' in form
        assert f'id="answer_{said.pk}-form"' in form

    @pytest.mark.covers("M9", "H14")
    def test_stands_one_step_in_however_deep_it_goes(self, client: Client, post: Post, said: Comment, author: User) -> None:
        client.force_login(author)
        parent = said
        for words in ("Second.", "Third."):
            client.post(f"{post.get_absolute_url()}comments", {"content": words, "parent": parent.pk})
            parent = Comment.objects.get(content__contains=words)
        assert parent.parent is not None
        assert parent.parent.parent == said
        page = "".join(Client().get(post.get_absolute_url()).content.decode().split())
        nested = page[page.index("First.") : page.index("</section>")]
        assert nested.index("Second.") < nested.index("</article>") < nested.index("Third.")
        assert nested.count("</article></article>") == 1

    @pytest.mark.parametrize("parent", ["0", "999999", "x", "9" * 30, "-1"])
    def test_of_nothing_is_refused_and_kept(self, client: Client, post: Post, reader: User, parent: str) -> None:
        client.force_login(reader)
        answer = client.post(f"{post.get_absolute_url()}comments", {"content": "Kept words.", "parent": parent})
        assert answer.status_code == 422
        assert b"Kept words." in answer.content
        assert client.get(f"{post.get_absolute_url()}comments?parent={parent}").status_code == 200

    def test_of_what_is_hidden_or_elsewhere_is_refused(self, client: Client, write: Publish, post: Post, said: Comment) -> None:
        held = post.comment(guest_name="Gus", content="Held.")
        elsewhere = write("Elsewhere")
        client.force_login(User.objects.get(username="rita"))
        for target, parent in ((post, held), (elsewhere, said)):
            answer = client.post(f"{target.get_absolute_url()}comments", {"content": "x", "parent": parent.pk})
            assert answer.status_code == 422
        assert not Comment.objects.filter(content="x").exists()


class TestAGuest:
    @pytest.mark.covers("M9")
    def test_that_fills_in_what_nobody_sees_is_filed_as_spam(self, client: Client, post: Post) -> None:
        words = {"guest_name": "Bot", "guest_email": "bot@example.org", "content": "Buy.", "website": "http://x.example"}
        assert b"waiting for approval" in client.post(f"{post.get_absolute_url()}comments", words).content
        assert Comment.objects.get().status == "spam"


class TestThePage:
    @pytest.mark.covers("H15")
    def test_is_new_when_one_comment_takes_the_place_of_another(self, client: Client, post: Post, reader: User) -> None:
        first, second = (post.comment(content=words, author=reader) for words in ("One.", "Two."))
        second.hide()
        tag = client.get(post.get_absolute_url())["ETag"]
        first.hide()
        second.approve()
        answer = client.get(post.get_absolute_url(), headers={"If-None-Match": tag})
        assert (answer.status_code, b"Two." in answer.content) == (200, True)
