"""Many things about one post, told in few mails."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.notices.models import Notice
from app.notices.sending import send_notice
from owed.models import Effect
from owed.testing import drain, owes
from tests.proof.threads import Elsewhere, uncommitted
from tests.sinks import FaultyServer, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("H14")]


class TestADigest:
    def test_tells_fifty_comments_in_two_mails(self, post: Post, bob: User, smtp_sink: Sink) -> None:
        post.comment(author=bob, content="comment 0")
        drain()
        for n in range(1, 50):
            post.comment(author=bob, content=f"comment {n}")
        drain()
        assert len(smtp_sink.captured) == 1
        assert owes("email.notice").count() == 49
        assert not owes("email.notice").overdue().exists()
        self.ten_minutes_later()
        assert len(smtp_sink.captured) == 2
        digest = smtp_sink.captured[1]
        assert digest.message["Subject"] == "49 new comments on “A post”"
        assert all(f"comment {n}" in digest.body("plain") for n in range(1, 50))
        assert [state for _, state in Notice.objects.values_list("kind", "state")].count("sent") == 2
        assert Notice.objects.filter(told_in__isnull=False, state="skipped").count() == 48

    def test_takes_over_what_a_waiting_one_had_gathered(self, post: Post, bob: User, faulty: FaultyServer) -> None:
        faulty.faults = {"mail": "451 4.3.0 later"}
        for n in range(3):
            post.comment(author=bob, content=f"comment {n}")
        drain()
        post.comment(author=bob, content="comment 3")
        drain()
        faulty.heal()
        self.ten_minutes_later()
        assert len(faulty.accepted) == 1
        assert all(f"comment {n}".encode() in faulty.accepted[0] for n in range(4))

    def test_keeps_posts_and_kinds_apart(self, post: Post, ann: User, bob: User, smtp_sink: Sink) -> None:
        other = Post(title="Another", content="x", author=ann)
        other.save()
        other.publish(at=timezone.now())
        post.comment(author=bob, content="x")
        other.comment(author=bob, content="x")
        post.like(bob)
        drain()
        assert len(smtp_sink.captured) == 3

    @pytest.mark.django_db(transaction=True)
    def test_is_gathered_by_one_of_two_workers_that_read_two_waiting_notices_at_once(
        self, post: Post, ann: User, bob: User, smtp_sink: Sink
    ) -> None:
        comments = [post.comment(author=bob, content=f"comment {n}") for n in range(2)]
        about = [{"comment": comment, "subject_key": f"comment:{comment.pk}"} for comment in comments]
        notices = [Notice.objects.create(recipient=ann, kind="comment", post=post, actor=bob, **each) for each in about]
        with uncommitted(lambda: list(Notice.objects.select_for_update())):
            workers = [Elsewhere(partial(send_notice, notice.pk)) for notice in notices]
            for worker in workers:
                worker.await_blocked()
        for worker in workers:
            worker.result()
        (mail,) = smtp_sink.captured
        assert all(f"comment {n}" in mail.body("plain") for n in range(2))
        assert sorted(Notice.objects.values_list("state", flat=True)) == ["sent", "skipped"]

    def ten_minutes_later(self) -> None:
        Notice.objects.exclude(submitted_at=None).update(submitted_at=timezone.now() - timedelta(minutes=11))
        Effect.objects.filter(task="email.notice", finished_at=None).update(state="ready")
        drain()
