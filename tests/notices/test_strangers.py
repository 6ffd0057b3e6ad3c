"""Whose address nobody has confirmed may be a stranger: what happens on the site is not mailed there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.models import RegisteredVia, Role, User
from app.blog.models import Post
from app.notices.models import Notice, Watch
from owed.testing import drain
from tests.factories import person
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E5", "E11", "E15", "H14", "H30")]
STRANGER = "stranger@example.org"


@pytest.fixture(autouse=True)
def at_once(settings: object) -> None:
    settings.NOTICE_QUIET = timedelta(0)


@pytest.fixture
def newcomer() -> User:
    """Somebody who joined on the site as a stranger, and was made an author."""
    return User.objects.register("newcomer", STRANGER, "a long pass phrase", role=Role.AUTHOR)


def happen(newcomer: User, bob: User) -> None:
    """Let there be a comment, an answer and a like, all of which concern the newcomer."""
    post = Post.objects.create(title="Mine", content="x", author=newcomer)
    post.publish(at=timezone.now())
    said = post.comment(author=newcomer, content="Any answers?")
    other = Post.objects.create(title="Another", content="x", author=bob)
    other.publish(at=timezone.now())
    asked = other.comment(author=newcomer, content="Here too?")
    post.comment(author=bob, content="One.", parent=said)
    other.comment(author=bob, content="Two.", parent=asked)
    post.like(bob)


def outcomes(user: User) -> list[tuple[str, str, str]]:
    rows = Notice.objects.filter(recipient=user).order_by("kind")
    return list(rows.values_list("kind", "state", "error"))


class TestAnAddressThatNobodyConfirmed:
    def test_gets_the_question_alone_and_the_rest_is_accounted_for(self, newcomer: User, bob: User, smtp_sink: Sink) -> None:
        happen(newcomer, bob)
        drain()
        assert [str(each.message["Subject"]) for each in smtp_sink.to(STRANGER)] == ["Is this your address at Afterword?"]
        why = ("suppressed", "address not confirmed")
        assert outcomes(newcomer) == [("address", "sent", ""), *((kind, *why) for kind in ("comment", "like", "reply"))]

    def test_gets_notices_from_then_on_when_it_is_confirmed(self, newcomer: User, bob: User, smtp_sink: Sink) -> None:
        newcomer.confirm_address(STRANGER)
        happen(newcomer, bob)
        drain()
        told = {kind: state for kind, state, _ in outcomes(newcomer)}
        assert told == {"welcome": "sent", "comment": "sent", "like": "sent", "reply": "sent"}
        assert len(smtp_sink.to(STRANGER)) == 4

    def test_gets_none_of_drafts_either(self, newcomer: User, bob: User, smtp_sink: Sink) -> None:
        User.objects.filter(pk=newcomer.pk).update(role=Role.EDITOR)
        Watch.objects.create(user=newcomer)
        Post.objects.create(title="A draft", content="x", author=bob)
        drain()
        assert Notice.objects.get(kind="draft").error == "address not confirmed"
        assert not [each for each in smtp_sink.to(STRANGER) if "draft" in str(each.message["Subject"])]


class TestAnAddressThatAnOperatorEntered:
    @pytest.mark.parametrize("via", [via for via in RegisteredVia.values if via != RegisteredVia.SITE])
    def test_gets_its_notices(self, via: str, smtp_sink: Sink) -> None:
        author = User.objects.create_user("author", "author@example.org", role=Role.AUTHOR, registered_via=via)
        happen(author, person("bob"))
        drain()
        assert {state for _, state, _ in outcomes(author)} == {"sent"}
        assert len(smtp_sink.to("author@example.org")) == 3

    def test_is_the_case_for_a_superuser_from_the_command_line(self, bob: User, smtp_sink: Sink) -> None:
        root = User.objects.create_superuser("root", "root@example.org", "a long pass phrase")
        happen(root, bob)
        drain()
        assert len(smtp_sink.to("root@example.org")) == 3
