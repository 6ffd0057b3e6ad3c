"""Moderation: what waits, who may judge it, and that the counts follow."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from app.blog.models import Comment, CommentStatus, Post
from owed.testing import drain, owes
from tests.markup import squeezed
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def public(draft: Post) -> Post:
    draft.publish(at=timezone.now())
    return draft


@pytest.fixture
def held(public: Post) -> Comment:
    return public.comment(guest_name="Gus", guest_email="gus@example.org", content="May I say *this*?")


def judge(client: Client, comment: Comment, status: str, **headers: str) -> int:
    return client.post(f"/studio/comments/{comment.pk}", {"status": status}, headers=headers).status_code


def kept(post: Post) -> tuple[int, int]:
    return Post.objects.get(pk=post.pk).comment_count, post.comments.approved().count()


class TestTheQueue:
    @pytest.mark.covers("M9")
    def test_shows_what_waits_and_how_much(self, signed_in: SignedIn, held: Comment) -> None:
        page = signed_in("editor").get("/studio/comments/").content.decode()
        assert "May I say <em>this</em>?" in page
        assert '1<span class="unseen"> held</span>' in page
        assert "gus@example.org" not in page

    def test_names_nothing_where_nothing_waits(self, signed_in: SignedIn) -> None:
        page = signed_in("editor").get("/studio/comments/?status=nonsense&page=x").content
        assert b"No comments are waiting for moderation." in page
        assert b"held</span>" not in page

    def test_calls_a_state_the_same_on_its_tab_and_on_each_comment(self, signed_in: SignedIn, public: Post) -> None:
        for status, label in CommentStatus.choices:
            comment = public.comment(guest_name="Gus", content=f"Words {status}")
            Comment.objects.filter(pk=comment.pk).update(status=status)
            page = squeezed(signed_in("editor").get(f"/studio/comments/?status={status}").content)
            assert f'aria-current="true">{label}<b id="number-{status}">1</b>' in page
            assert f'<span class="chip {status}">{label}</span>' in page

    def test_is_inert_whatever_a_guest_typed(self, signed_in: SignedIn, public: Post) -> None:
        hostile = '<script>alert(1)</script><img src=x onerror=alert(1)>"'
        public.comment(guest_name=hostile, content=hostile)
        page = signed_in("editor").get("/studio/comments/").content
        assert b"<script>alert" not in page
        assert b"<img src=x" not in page

    @pytest.mark.parametrize(("role", "sees"), [("contributor", False), ("author", True), ("editor", True)])
    def test_opens_to_those_who_may_judge(self, signed_in: SignedIn, held: Comment, role: str, sees: bool) -> None:
        assert (b"May I say" in signed_in(role).get("/studio/comments/").content) is sees
        assert judge(signed_in(role), held, "approved") == (302 if sees else 403)

    def test_of_another_author_stays_closed(self, signed_in: SignedIn, person: Person) -> None:
        theirs = Post.objects.create(title="Theirs", content="x", author=person("editor"), status="published")
        comment = theirs.comment(guest_name="Gus", content="Not for you.")
        assert b"Not for you." not in signed_in("author").get("/studio/comments/").content
        assert judge(signed_in("author"), comment, "approved") == 403
        assert kept(theirs) == (0, 0)

    def test_acts_on_no_forged_form_and_by_no_get(self, person: Person, held: Comment) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person("editor"))
        assert judge(client, held, "approved") == 403
        assert client.get(f"/studio/comments/{held.pk}").status_code == 405

    def test_takes_constant_queries(self, signed_in: SignedIn, public: Post, django_assert_max_num_queries: object) -> None:
        for number in range(20):
            public.comment(guest_name=f"G{number}", content=f"Words {number}")
        client = signed_in("editor")
        with django_assert_max_num_queries(9):  # type: ignore[operator]
            client.get("/studio/comments/")


class TestAVerdict:
    @pytest.mark.covers("M7", "M8", "M9", "H15")
    def test_moves_the_count_with_what_readers_see(self, signed_in: SignedIn, held: Comment, public: Post) -> None:
        client, reader, seen = signed_in("author"), Client(), []
        for status in ("approved", "held", "approved", "spam", "approved", "deleted", "approved"):
            assert judge(client, held, status) == 302
            shown = b"May I say" in reader.get(public.get_absolute_url()).content
            seen.append((*kept(public), shown))
        assert seen == [(1, 1, True), (0, 0, False)] * 3 + [(1, 1, True)]

    @pytest.mark.covers("M9", "H14", "E5")
    def test_announces_a_comment_once(self, signed_in: SignedIn, held: Comment, public: Post) -> None:
        assert not owes("email.comment", about=public).exists()
        for status in ("approved", "held", "approved"):
            judge(signed_in("editor"), held, status)
        assert owes("email.comment", about=public).count() == 1

    @pytest.mark.covers("M8")
    def test_moves_activity_for_a_new_voice_only(self, signed_in: SignedIn, held: Comment, public: Post) -> None:
        judge(signed_in("editor"), held, "approved")
        assert Post.objects.get().last_activity == held.created_at
        later = public.comment(guest_name="Eve", content="Hello.")
        judge(signed_in("editor"), later, "spam")
        assert Post.objects.get().last_activity == held.created_at

    def test_given_twice_changes_nothing(self, signed_in: SignedIn, held: Comment, public: Post) -> None:
        for _ in range(2):
            assert judge(signed_in("editor"), held, "approved") == 302
        assert kept(public) == (1, 1)

    @pytest.mark.covers("M9")
    def test_comes_back_as_the_row_and_all_the_numbers(self, signed_in: SignedIn, held: Comment) -> None:
        answer = signed_in("editor").post(f"/studio/comments/{held.pk}", {"status": "approved"}, headers=HTMX)
        page = squeezed(answer.content)
        assert f'<li id="comment-{held.pk}" tabindex="-1">' in page
        assert "chip approved" in page
        assert '<span id="waiting" data-hx-swap-oob="true"></span>' in page
        numbers = {"held": 0, "approved": 1, "spam": 0, "deleted": 0}
        listed = squeezed(signed_in("editor").get("/studio/comments/").content)
        for state, number in numbers.items():
            assert f'<b id="number-{state}" data-hx-swap-oob="true">{number}</b>' in page
            assert f'<b id="number-{state}">{number}</b>' in listed

    def test_that_is_unknown_is_refused(self, signed_in: SignedIn, held: Comment, public: Post) -> None:
        answer = signed_in("editor").post(f"/studio/comments/{held.pk}", {"status": "x"}, follow=True)
        assert b"Choose a status from the list." in answer.content
        assert kept(public) == (0, 0)

    @pytest.mark.covers("M9")
    def test_of_the_spam_check_leaves_an_editor_the_last_word(self, signed_in: SignedIn, public: Post) -> None:
        comment = public.comment(guest_name="Spa", content="http://a.example http://b.example http://c.example")
        drain()
        page = signed_in("editor").get("/studio/comments/?status=spam").content
        assert b"http://c.example" in page
        judge(signed_in("editor"), comment, "approved")
        assert kept(public) == (1, 1)
