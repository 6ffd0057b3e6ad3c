"""The history of a post in the studio."""

from __future__ import annotations

import pytest
from django.test import Client

from app.blog.models import Post, Revision
from tests.studio.forms import SignedIn, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(signed_in: SignedIn) -> Client:
    return signed_in("author")


@pytest.fixture
def edited(writer: Client, draft: Post) -> Post:
    writer.post(f"/studio/posts/{draft.pk}/", typed(title="A draft", content="Some more words.", revision=draft.revision))
    draft.refresh_from_db()
    return draft


def page(client: Client, post: Post, number: int, query: str = "") -> str:
    answer = client.get(f"/studio/posts/{post.pk}/revisions/{number}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheHistory:
    def test_lists_who_saved_what(self, writer: Client, edited: Post) -> None:
        shown = writer.get(f"/studio/posts/{edited.pk}/revisions/").content.decode()
        assert shown.index("Revision 2: A draft") < shown.index("Revision 1: A draft")
        assert shown.count("the-author") == 1

    def test_of_an_untouched_post_says_so(self, writer: Client, draft: Post) -> None:
        assert b"No revision yet" in writer.get(f"/studio/posts/{draft.pk}/revisions/").content

    def test_shows_what_a_revision_changed(self, writer: Client, edited: Post) -> None:
        shown = page(writer, edited, 2)
        assert "Some <ins>more </ins>words." in shown
        assert "This is the text of the post now." in shown

    def test_shows_what_changed_since(self, writer: Client, edited: Post) -> None:
        edited.revise(content="Other words.")
        assert "<del>Some more</del><ins>Other</ins> words." in page(writer, edited, 2, "?against=now")

    def test_folds_what_did_not_change(self, writer: Client, draft: Post) -> None:
        lines = [f"Line {number}." for number in range(20)]
        draft.revise(content="\n".join(lines))
        draft.revise(content="\n".join([*lines[:10], "New.", *lines[10:]]))
        assert page(writer, draft, 3).count("8 unchanged lines") == 2

    def test_is_inert_whatever_was_typed(self, writer: Client, draft: Post) -> None:
        draft.revise(content="<script>alert(1)</script> and <b>more</b>")
        assert "<script>alert" not in page(writer, draft, 2)

    def test_brings_a_text_back(self, writer: Client, edited: Post) -> None:
        path = f"/studio/posts/{edited.pk}/revisions/1/restore"
        answer = writer.post(path, {"revision": edited.revision}, follow=True)
        assert b"Revision 1 is restored." in answer.content
        assert Post.objects.get().content == "Some words."
        assert b"restored from revision 1" in writer.get(f"/studio/posts/{edited.pk}/revisions/").content

    @pytest.mark.parametrize("seen", ["", "1", "x"])
    def test_replaces_nothing_that_its_page_did_not_know(self, writer: Client, edited: Post, seen: str) -> None:
        answer = writer.post(f"/studio/posts/{edited.pk}/revisions/1/restore", {"revision": seen}, follow=True)
        assert b"Someone else saved this post" in answer.content
        assert (Post.objects.get().content, Revision.objects.count()) == ("Some more words.", 2)

    @pytest.mark.parametrize("role", ["contributor", "reader"])
    @pytest.mark.parametrize("place", ["", "1/", "1/restore"])
    def test_is_closed_to_others(self, signed_in: SignedIn, edited: Post, role: str, place: str) -> None:
        path = f"/studio/posts/{edited.pk}/revisions/{place}"
        client = signed_in(role)
        answer = client.post(path) if place.endswith("restore") else client.get(path)
        assert answer.status_code == 403
