from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from app.blog import signals
from app.blog.errors import AlreadyApproved, NotPublished, NotVisible
from app.blog.models import Comment, CommentStatus, Post
from owed.models import Effect
from tests.blog.announcements import names

pytestmark = pytest.mark.django_db


def kept() -> tuple[int, int]:
    return Post.objects.get().comment_count, Comment.objects.approved().count()


class TestComments:
    @pytest.mark.covers("M7", "H13", "M8")
    def test_of_users_are_visible_and_counted_at_once(self, public, reader, said):
        comment = public.comment(author=reader, content="**Nice.**")

        assert names(said) == ["comment_posted", "comment_approved"]
        assert kept() == (1, 1)
        assert Post.objects.get().last_activity == comment.created_at
        assert comment.content_html == "<p><strong>Nice.</strong></p>\n"

    @pytest.mark.covers("M9", "M7")
    def test_of_guests_are_held_until_approved_and_announced_once(self, public, said):
        comment = public.comment(guest_name="Eve\x00", guest_email="eve@example.com", content="Hello.")
        activity = Post.objects.get().last_activity
        assert kept() == (0, 0)
        assert not Comment.objects.thread().exists()

        comment.approve()
        comment.hide()
        comment.approve()
        assert names(said) == ["comment_posted", "comment_approved", "comment_hidden"]
        assert kept() == (1, 1)
        assert comment.name == "Eve"
        assert Post.objects.get().last_activity > activity

    @pytest.mark.covers("M7", "H15")
    def test_move_the_count_with_every_change_of_visibility(self, public, reader):
        comments = [public.comment(author=reader, content=f"{n}") for n in range(5)]
        steps = [
            lambda: comments[0].hide(CommentStatus.SPAM),
            lambda: comments[0].approve(),
            lambda: comments[1].hide(CommentStatus.DELETED),
            lambda: comments[2].delete(),
            lambda: Comment.objects.filter(pk__in=[comments[1].pk, comments[3].pk]).delete(),
        ]
        seen = []
        for step in steps:
            step()
            seen.append(kept())

        assert seen == [(4, 4), (5, 5), (4, 4), (3, 3), (2, 2)]

    @pytest.mark.covers("H12", "M15")
    def test_leave_the_words_of_the_post_alone(self, public, reader):
        stale = Post.objects.get()
        public.revise(title="Edited meanwhile")
        stale.comment(author=reader, content="Nice.")

        assert Post.objects.get().title == "Edited meanwhile"

    @pytest.mark.covers("G10", "M8")
    def test_edited_later_move_neither_activity_nor_count(self, public, reader):
        comment = public.comment(author=reader, content="Old.")
        activity = Post.objects.get().last_activity
        comment.content = "New."
        comment.save()

        assert Comment.objects.get().content_html == "<p>New.</p>\n"
        assert Post.objects.get().last_activity == activity
        assert kept() == (1, 1)

    @pytest.mark.covers("M8")
    def test_of_an_earlier_time_do_not_turn_activity_back(self, public, reader):
        late = public.comment(author=reader, content="Late.")
        Comment.objects.create(
            post=public, author=reader, content="-", status="approved", created_at=timezone.now() - timedelta(days=1)
        )

        assert Post.objects.get().last_activity == late.created_at

    @pytest.mark.covers("H13")
    @pytest.mark.parametrize("step", ["comment_posted", "approve", "_count", "_touch", "comment_approved", "afterwards"])
    def test_leave_nothing_behind_when_a_step_fails(self, public, reader, monkeypatch, step):
        def fail(*args, **kwargs):
            raise RuntimeError

        before = Post.objects.values().get(), Effect.objects.count()
        if step in vars(Comment):
            monkeypatch.setattr(Comment, step, fail)
        elif step != "afterwards":
            getattr(signals, step).connect(fail)
        with pytest.raises(RuntimeError), transaction.atomic():
            public.comment(author=reader, content="Lost.")
            fail()
        if step.startswith("comment_"):
            getattr(signals, step).disconnect(fail)

        assert (Post.objects.values().get(), Effect.objects.count()) == before
        assert not Comment.objects.exists()

    def test_on_what_is_not_public_are_refused(self, draft, reader):
        with pytest.raises(NotPublished):
            draft.comment(author=reader, content="Early.")

    @pytest.mark.parametrize("content", ["", "  \n", "\x00"])
    def test_without_words_are_refused(self, public, reader, content):
        with pytest.raises(ValidationError, match="Write a comment"):
            public.comment(author=reader, content=content)

    def test_that_are_too_long_are_refused(self, public, reader):
        with pytest.raises(ValidationError, match="10,001 characters; at most 10,000"):
            public.comment(author=reader, content="x" * 10_001)

    def test_answer_a_comment_of_the_same_post(self, public, author, reader):
        elsewhere = Post.objects.create(title="Else", content="-", author=author, status="published")
        parent = elsewhere.comment(author=reader, content="There.")

        with pytest.raises(ValidationError, match="another post"):
            public.comment(author=reader, content="Here.", parent=parent)

    def test_are_approved_and_hidden_once(self, public, reader):
        comment = public.comment(author=reader, content="Nice.")
        with pytest.raises(AlreadyApproved):
            comment.approve()
        comment.hide()
        with pytest.raises(NotVisible):
            comment.hide()

    def test_by_their_status_go_the_same_way(self, public, said):
        comment = public.comment(guest_name="Eve", content="Hello.")
        comment.status = "approved"
        comment.save()
        comment.status = "spam"
        comment.save()

        assert names(said) == ["comment_posted", "comment_approved", "comment_hidden"]
        assert kept() == (0, 0)

    def test_of_an_unknown_status_are_refused_by_the_database(self, public, reader):
        public.comment(author=reader, content="Nice.")
        with pytest.raises(IntegrityError, match="comment_status_known"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE blog_comment SET status = 'x'")
