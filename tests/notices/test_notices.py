"""Who is told of what, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from app.accounts.models import Profile, Role, User
from app.blog.models import Comment, Post
from app.newsletter.models import Subscriber
from app.notices.kinds import UnknownKind
from app.notices.kinds.comment import send_comment_notification
from app.notices.kinds.draft import send_post_notification
from app.notices.kinds.like import send_like_notification
from app.notices.kinds.welcome import WelcomeNotice
from app.notices.models import Notice, Watch
from app.notices.sending import send_notice
from owed.models import Effect
from owed.testing import drain
from tests.factories import person
from tests.sinks import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(settings: object) -> None:
    """Gather no digests but where the test is about them."""
    settings.NOTICE_QUIET = timedelta(0)


def states() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("kind", "state"))


@pytest.mark.covers("H14", "E5")
class TestAComment:
    def test_is_told_to_the_author_once(self, post: Post, bob: User, smtp_sink: Sink) -> None:
        comment = post.comment(author=bob, content="Well said.\n<script>alert(1)</script>")
        for _ in range(3):
            send_comment_notification(comment)
            send_comment_notification(comment.pk)
        drain()
        [captured] = smtp_sink.captured
        assert captured.recipient == "ann@example.org"
        assert captured.message["Subject"] == "bob commented on “A post”"
        assert "Well said." in captured.body("plain")
        assert "&lt;script&gt;" in captured.body("html")
        assert "<script>" not in captured.body("html")
        assert captured.message["Auto-Submitted"] == "auto-generated"
        assert captured.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_of_ones_own_is_told_to_nobody(self, post: Post, ann: User, smtp_sink: Sink) -> None:
        post.comment(author=ann, content="Me again.")
        drain()
        assert smtp_sink.captured == []

    @pytest.mark.parametrize("status", ["held", "spam", "deleted"])
    def test_that_nobody_sees_is_told_to_nobody(self, post: Post, status: str, smtp_sink: Sink) -> None:
        comment = Comment(post=post, guest_name="Guest", content="Buy!", status=status)
        comment.save()
        send_comment_notification(comment.pk)
        drain()
        assert not Notice.objects.exists()

    def test_of_a_guest_is_told_when_it_is_approved(self, post: Post, smtp_sink: Sink) -> None:
        comment = post.comment(guest_name="Guest\r\nBcc: x@example.org", guest_email="guest@example.org", content="Hello.")
        drain()
        assert smtp_sink.captured == []
        comment.approve()
        drain()
        [captured] = smtp_sink.captured
        assert captured.message["Subject"].startswith("Guest")
        assert captured.message["Bcc"] is None

    def test_is_told_to_everyone_above_it_in_the_thread_each_once(
        self, post: Post, ann: User, bob: User, eve: User, smtp_sink: Sink
    ) -> None:
        first = post.comment(author=bob, content="one")
        second = post.comment(author=eve, content="two", parent=first)
        third = post.comment(author=bob, content="three", parent=second)
        Effect.objects.all().delete()
        post.comment(author=person("dan"), content="four", parent=third)
        drain()
        assert sorted((each.recipient, str(each.message["Subject"])) for each in smtp_sink.captured) == [
            ("ann@example.org", "dan commented on “A post”"),
            ("bob@example.org", "dan answered you on “A post”"),
            ("eve@example.org", "dan answered you on “A post”"),
        ]

    def test_hidden_before_it_was_told_is_not_told(self, post: Post, bob: User, smtp_sink: Sink) -> None:
        comment = post.comment(author=bob, content="Oops")
        send_comment_notification(comment.pk)
        comment.hide("deleted")  # type: ignore[arg-type]
        drain()
        assert smtp_sink.captured == []
        assert states() == [("comment", "skipped")]

    def test_is_suppressed_for_who_opted_out_even_after_it_was_owed(
        self, post: Post, ann: User, bob: User, smtp_sink: Sink
    ) -> None:
        send_comment_notification(post.comment(author=bob, content="x").pk)
        Profile.objects.filter(user=ann).update(notify_comments=False)
        drain()
        assert smtp_sink.captured == []
        assert states() == [("comment", "suppressed")]


@pytest.mark.covers("H30", "E15")
class TestALike:
    def test_is_told_once_for_ever(self, post: Post, bob: User, smtp_sink: Sink) -> None:
        for _ in range(10):
            post.like(bob)
            drain()
            post.unlike(bob)
        post.like(bob)
        send_like_notification(post, bob)
        drain()
        assert len(smtp_sink.to("ann@example.org")) == 1

    def test_of_ones_own_post_is_told_to_nobody(self, post: Post, ann: User, smtp_sink: Sink) -> None:
        post.like(ann)
        drain()
        assert not Notice.objects.exists()

    def test_taken_back_before_it_was_told_is_not_told(self, post: Post, bob: User, smtp_sink: Sink) -> None:
        post.like(bob)
        send_like_notification(post.pk, bob.pk)
        post.unlike(bob)
        drain()
        assert smtp_sink.captured == []

    def test_is_suppressed_for_who_opted_out(self, post: Post, ann: User, bob: User, smtp_sink: Sink) -> None:
        Profile.objects.filter(user=ann).update(notify_likes=False)
        post.like(bob)
        drain()
        assert states() == [("like", "suppressed")]
        assert smtp_sink.captured == []


@pytest.mark.covers("E1", "A5", "H2")
class TestANewDraft:
    def test_is_told_to_each_editor_who_watches_and_no_reader(self, bob: User, smtp_sink: Sink) -> None:
        Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())
        for name in ["ed", "edna"]:
            Watch.objects.create(user=person(name, Role.EDITOR))
        person("idle", Role.EDITOR)
        Watch.objects.create(user=bob)
        author = person("cora", Role.CONTRIBUTOR)
        draft = Post(title="A draft", content="x", author=author)
        draft.save()
        for _ in range(3):
            send_post_notification(draft)
        drain()
        assert sorted(each.recipient for each in smtp_sink.captured) == ["ed@example.org", "edna@example.org"]
        assert {str(each.message["Subject"]) for each in smtp_sink.captured} == {"New draft by cora: “A draft”"}

    def test_of_an_editor_is_not_told_to_themselves(self, smtp_sink: Sink) -> None:
        editor = person("ed", Role.EDITOR)
        Watch.objects.create(user=editor)
        Post(title="Mine", content="x", author=editor).save()
        drain()
        assert smtp_sink.captured == []


@pytest.mark.covers("M16")
class TestTheTable:
    def test_holds_each_thing_once_for_each_person(self, ann: User) -> None:
        assert Notice.objects.owe(ann, WelcomeNotice, "account")
        assert Notice.objects.owe(ann, WelcomeNotice, "account") is None
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.create(recipient=ann, kind="welcome", subject_key="account")

    def test_refuses_an_unknown_state(self, ann: User) -> None:
        Notice.objects.create(recipient=ann, kind="welcome", subject_key="account")
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE notices_notice SET state = 'x'")

    def test_of_a_kind_that_no_file_defines_is_named_and_kept(self, ann: User) -> None:
        notice = Notice.objects.create(recipient=ann, kind="gone", subject_key="account")
        with pytest.raises(UnknownKind, match="gone"):
            send_notice(notice.pk)
        assert states() == [("gone", "pending")]
