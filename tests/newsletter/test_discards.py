"""A single mail that a person ends: its row says so. The copies of a mailing are in tests/newsletter/test_steering.py."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.models import Confirmation, Greeting, MailingSettings, SampleMail, Subscriber
from owed.acting import CANCEL, Decision
from owed.testing import drain, owes
from tests.sinks import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["email.confirm", "email.greet", "email.sample"])
def owed(request: pytest.FixtureRequest, post: Post, author: User) -> tuple[str, Any]:
    """One mail of each kind that is owed, with its row."""
    reader = Subscriber.objects.create(email="r@example.org", token="r")
    if request.param == "email.confirm":
        Subscriber.objects.subscribe("new@example.org", source="site", consent="Send me posts.")
        return request.param, Confirmation.objects.get()
    if request.param == "email.greet":
        MailingSettings(pk=1, welcomes=True, welcome_subject="Hello", welcome_text="Hello").save()
        Greeting.objects.owe_once(reader)
        return request.param, Greeting.objects.get()
    return request.param, SampleMail.objects.owe(post, author, subject="", preview="")


def cancel(task: str) -> None:
    assert CANCEL.act_on([owes(task).get().pk], Decision(by="ada", reason="not this one")) == 1


class TestADiscardedMail:
    def test_is_skipped_with_the_reason(self, owed: tuple[str, Any], smtp_sink: Sink) -> None:
        task, row = owed
        cancel(task)
        drain()
        row.refresh_from_db()
        assert (row.state, row.error, smtp_sink.captured) == ("skipped", "cancelled: not this one", [])

    def test_is_unknown_where_it_may_have_left(self, owed: tuple[str, Any]) -> None:
        task, row = owed
        type(row).objects.update(state="submitting")
        cancel(task)
        row.refresh_from_db()
        assert (row.state, row.error) == ("unknown", "the sender died at work")
