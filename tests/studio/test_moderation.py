"""Moderation of several comments at once, replies from the list, and what the list is filtered by."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from app.blog.models import Comment, Post
from owed.testing import owes
from tests import factories
from tests.markup import squeezed
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db
MANY = "/studio/comments/judged"


@pytest.fixture
def public(draft: Post) -> Post:
    draft.publish(at=timezone.now())
    return draft


@pytest.fixture
def held(public: Post) -> list[Comment]:
    return [public.comment(guest_name=f"Gus {number}", content=f"Words {number}") for number in range(3)]


def statuses(*comments: Comment) -> list[str]:
    return list(Comment.objects.filter(pk__in=[each.pk for each in comments]).order_by("pk").values_list("status", flat=True))


def judge(client: Client, status: str, *comments: Comment, **more: str) -> str:
    """Send the form that names these comments, and return the page that follows."""
    form = {"status": status, "comment": [each.pk for each in comments], **more}
    return squeezed(client.post(MANY, form, follow=True).content)


class TestSeveralComments:
    def test_are_approved_by_one_form_and_counted(self, signed_in: SignedIn, held: list[Comment], public: Post) -> None:
        page = judge(signed_in("author"), "approved", *held[:2])
        assert "2 comments approved." in page
        assert statuses(*held) == ["approved", "approved", "held"]
        assert Post.objects.get(pk=public.pk).comment_count == 2
        assert owes("email.comment", about=public).count() == 2

    def test_of_a_page_are_all_meant_by_one_box(self, signed_in: SignedIn, held: list[Comment]) -> None:
        form = {"status": "spam", "all": "1", "shown": [each.pk for each in held]}
        signed_in("editor").post(MANY, form)
        assert statuses(*held) == ["spam"] * 3

    def test_that_were_judged_since_are_not_meant_by_all(self, signed_in: SignedIn, held: list[Comment]) -> None:
        held[1].set_aside("spam")
        form = {"status": "approved", "all": "1", "shown": [each.pk for each in held], "back": "status=held"}
        signed_in("editor").post(MANY, form)
        assert statuses(*held) == ["approved", "spam", "approved"]

    def test_that_were_deleted_are_offered_back_once(self, signed_in: SignedIn, held: list[Comment], public: Post) -> None:
        client = signed_in("editor")
        held[0].approve()
        page = judge(client, "deleted", *held)
        assert "Undo: put 1 comment back under Approved" in page
        assert "Undo: put 2 comments back under Held" in page
        assert "Undo:" not in squeezed(client.get("/studio/comments/").content)
        judge(client, "approved", held[0], undo="1")
        assert statuses(*held) == ["approved", "deleted", "deleted"]
        assert Post.objects.get(pk=public.pk).comment_count == 1

    def test_must_be_named(self, signed_in: SignedIn, held: list[Comment]) -> None:
        assert "Tick the comments that you mean." in judge(signed_in("editor"), "approved")
        assert "Choose a status from the list." in judge(signed_in("editor"), "loved", *held)

    def test_change_all_or_none(self, signed_in: SignedIn, person: Person, held: list[Comment]) -> None:
        theirs = factories.write(person("editor"), "Theirs", status="published").comment(guest_name="Eve", content="Hm.")
        answer = signed_in("author").post(MANY, {"status": "approved", "comment": [held[0].pk, theirs.pk]})
        assert answer.status_code == 403
        assert statuses(held[0], theirs) == ["held", "held"]


class TestAReply:
    def test_approves_what_it_answers_and_notifies_the_writer(self, signed_in: SignedIn, person: Person, public: Post) -> None:
        asked = public.comment(author=person("reader"), content="Why?")
        asked.set_aside("held")
        client = signed_in("author")
        client.post(f"/studio/comments/{asked.pk}/replies", {"content": "Because.", "publish": "1"})
        reply = Comment.objects.get(parent=asked)
        assert (reply.author, reply.status, statuses(asked)) == (person("author"), "approved", ["approved"])
        assert owes("email.comment", about=public).filter(args__comment_id=reply.pk).exists()

    def test_to_what_no_reader_sees_is_refused_with_the_words_kept(self, signed_in: SignedIn, held: list[Comment]) -> None:
        answer = signed_in("author").post(f"/studio/comments/{held[0].pk}/replies", {"content": "My long answer"})
        page = squeezed(answer.content)
        assert answer.status_code == 422
        assert ">My long answer</textarea>" in page
        assert "Approve it first, or approve it with the reply." in page
        assert not Comment.objects.filter(parent=held[0]).exists()

    def test_keeps_its_words_where_the_comment_is_no_longer_in_the_list(self, signed_in: SignedIn, held: list[Comment]) -> None:
        held[0].set_aside("spam")
        answer = signed_in("author").post(
            f"/studio/comments/{held[0].pk}/replies", {"content": "My words", "back": "status=held"}
        )
        assert ">My words</textarea>" in squeezed(answer.content)

    def test_may_be_as_long_as_a_comment(self, signed_in: SignedIn, held: list[Comment]) -> None:
        assert b'maxlength="10000"' in signed_in("author").get("/studio/comments/").content

    def test_is_for_those_who_moderate_the_post(self, signed_in: SignedIn, held: list[Comment]) -> None:
        address = f"/studio/comments/{held[0].pk}/replies"
        assert signed_in("contributor").post(address, {"content": "x", "publish": "1"}).status_code == 403
        assert statuses(held[0]) == ["held"]


class TestTheList:
    def test_is_filtered_by_words_names_and_post(self, signed_in: SignedIn, held: list[Comment], person: Person) -> None:
        other = factories.write(person("editor"), "Another", status="published").comment(guest_name="Zoe", content="Elsewhere.")
        client = signed_in("editor")
        for query, found in (("q=words+1", [1]), ("q=GUS+2", [2]), (f"post={held[0].post_id}", [0, 1, 2]), ("q=zoe", [])):
            page = client.get(f"/studio/comments/?{query}").content.decode()
            assert [number for number in range(3) if f"Words {number}" in page] == found
            assert ("Elsewhere." in page) is ("zoe" in query)
        assert f'<input type="hidden" name="post" value="{other.post_id}">' in squeezed(
            client.get(f"/studio/comments/?post={other.post_id}").content
        )

    def test_comes_back_as_it_was_filtered(self, signed_in: SignedIn, held: list[Comment]) -> None:
        form = {"status": "approved", "comment": held[0].pk, "back": "status=held&q=words&next=//evil.example"}
        assert signed_in("editor").post(MANY, form)["Location"] == "/studio/comments/?status=held&q=words"
