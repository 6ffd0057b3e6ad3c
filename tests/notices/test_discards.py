"""A notice's mail that a person ends: the notice says so."""

from __future__ import annotations

import pytest

from app.accounts.models import User
from app.blog.models import Post
from app.notices.kinds.comment import send_comment_notification
from app.notices.models import Notice
from owed.acting import CANCEL, Decision
from owed.testing import drain, owes
from tests.sinks import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def notice(post: Post, bob: User) -> Notice:
    send_comment_notification(post.comment(author=bob, content="Well said."))
    return Notice.objects.get()


def cancel() -> None:
    mail = owes("email.notice").get()
    assert CANCEL.act_on([mail.pk], Decision(by="ada", reason="not this one")) == 1


class TestADiscardedNotice:
    def test_is_skipped_with_the_reason_and_goes_into_no_digest(self, notice: Notice, smtp_sink: Sink) -> None:
        cancel()
        drain()
        notice.refresh_from_db()
        assert (notice.state, notice.error, notice.told_in) == ("skipped", "cancelled: not this one", None)
        assert smtp_sink.captured == []

    def test_is_unknown_where_its_mail_may_have_left(self, notice: Notice) -> None:
        Notice.objects.update(state="submitting")
        cancel()
        notice.refresh_from_db()
        assert (notice.state, notice.error) == ("unknown", "the sender died at work")

    def test_leaves_a_notice_that_went_out_as_it_is(self, notice: Notice) -> None:
        Notice.objects.update(state="sent")
        cancel()
        notice.refresh_from_db()
        assert (notice.state, notice.error) == ("sent", "")
